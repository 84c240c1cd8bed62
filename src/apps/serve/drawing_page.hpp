// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace tally::serve {

/// The page to draw on: one HTML file that needs no other.
extern const std::string_view kDrawingPage;

}  // namespace tally::serve
