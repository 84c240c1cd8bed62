// SPDX-License-Identifier: MIT
#include "tally/nn/pixels.hpp"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "tally/core/aligned_vector.hpp"

namespace tally {
namespace {

TEST(ScalePixels, DividesEveryGreyValueBy255) {
  std::vector<std::uint8_t> pixels(256);
  std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
  AlignedVector inputs(256);
  scale_pixels(pixels, inputs.data());
  for (int value = 0; value < 256; ++value) {
    EXPECT_FLOAT_EQ(inputs[static_cast<std::size_t>(value)], static_cast<Real>(value) / Real{255});
  }
  EXPECT_EQ(inputs[0], 0);
  EXPECT_EQ(inputs[255], 1);
}

}  // namespace
}  // namespace tally
