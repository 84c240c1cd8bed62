// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "status/run_group.hpp"

namespace tally {

/// A line a run below a line of names, and which run is the best.
std::string to_table(const RunGroup& group);

/// A JSON object a line.
std::string to_json_lines(const RunGroup& group);

}  // namespace tally
