// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "page_connection.hpp"

namespace tally {

/// Why a request is not answered, with its HTTP status.
struct Refusal {
  int status = 400;
  std::string message;
};

/// A request whose sender, method and path may be answered, and whose body can be read.
struct PageRequest {
  enum class Kind { kPage, kPageHead, kPredict };
  Kind kind = Kind::kPage;
  std::size_t body_bytes = 0;
  bool waits_to_continue = false;  ///< the client sends the body once it is told to
  std::string body_start;          ///< what came of the body together with the head
};

/// Reads the head of a request and looks at all of it, within bounds of bytes and time. `address`
/// is the one that the server listens at. A refusal of status 0 has nobody to be told.
std::variant<PageRequest, Refusal> read_head(PageConnection& connection,
                                             const std::string& address);

}  // namespace tally
