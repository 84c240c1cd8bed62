// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "serve/request.hpp"

namespace tally::serve {

/// An answer of status 200, as it is sent; without its body for HEAD.
std::string answer_text(std::string_view type, std::string_view body, bool has_no_body = false);

/// The answer that tells a refusal.
std::string answer_text(const Refusal& refusal);

}  // namespace tally::serve
