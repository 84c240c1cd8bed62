// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "tally/core/text.hpp"

namespace tally {

/// JSON on one line, without its end. Names of files may hold any bytes: what is not UTF-8 is
/// replaced, what would steer a terminal is escaped.
inline std::string json_line(const nlohmann::ordered_json& json) {
  return unicode_escaped(
      json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace tally
