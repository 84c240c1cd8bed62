// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

namespace tally {

/// The first element that is NaN or infinite, else the size.
std::size_t first_not_finite(std::span<const float> values);

}  // namespace tally
