// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include <httplib.h>

namespace tally {

/// Why a request is not answered, with its HTTP status.
struct Refusal {
  int status = 400;
  std::string message;
};

/// Looks at all of a request but its body. `address` is the one that the server listens at.
std::optional<Refusal> refusal_of(const httplib::Request& request, const std::string& address);

/// The length of the body, if the request says it in the one way that is taken and it is not too
/// large; else nothing of it is read.
std::size_t body_length(const httplib::Request& request);

}  // namespace tally
