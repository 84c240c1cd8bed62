// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "tally/core/real.hpp"

namespace tally {

/// What grey value becomes 1. Training, evaluation and prediction scale alike: value / 255.
inline constexpr int kPixelScale = 255;

/// Writes images of unsigned bytes as network inputs 0..1, in the same order.
void scale_pixels(std::span<const std::uint8_t> pixels, Real* inputs);

}  // namespace tally
