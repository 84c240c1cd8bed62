// SPDX-License-Identifier: MIT
#include "tally/nn/pixels.hpp"

namespace tally {

void scale_pixels(std::span<const std::uint8_t> pixels, Real* inputs) {
  for (const std::uint8_t pixel : pixels) {
    *inputs++ = static_cast<Real>(pixel) / Real{kPixelScale};
  }
}

}  // namespace tally
