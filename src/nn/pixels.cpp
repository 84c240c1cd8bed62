// SPDX-License-Identifier: MIT
#include "tally/nn/pixels.hpp"

namespace tally {

void scale_pixels(std::span<const std::uint8_t> pixels, Real* inputs) {
  constexpr Real kScale = Real{1} / Real{kPixelScale};
  for (std::size_t i = 0; i < pixels.size(); ++i) inputs[i] = static_cast<Real>(pixels[i]) * kScale;
}

}  // namespace tally
