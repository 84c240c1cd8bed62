// SPDX-License-Identifier: MIT
// The direct kernels promise one chain of fused multiply-adds per sum, so the naive reference is
// met bit by bit. Gradients are tested with the layer, against sums in double.
#include "tally/core/direct_convolution.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "tally/core/aligned_vector.hpp"
#include "tally/core/random.hpp"

namespace tally {
namespace {

AlignedVector random_floats(Index size, std::uint32_t item) {
  AlignedVector values(static_cast<std::size_t>(size));
  RandomStream stream(4, Purpose::kInitialize, 0, item);
  for (Real& value : values) value = static_cast<Real>(stream.uniform() - 0.5);
  return values;
}

// Element (row, column) of the image with its padding.
struct PaddedReader {
  const ConvolutionShape& shape;
  const AlignedVector& image;

  [[nodiscard]] Real at(Index row, Index column, Index channel) const {
    row -= shape.padding;
    column -= shape.padding;
    if (row < 0 || row >= shape.height || column < 0 || column >= shape.width) return 0;
    return image[static_cast<std::size_t>((row * shape.width + column) * shape.channels + channel)];
  }
};

AlignedVector chains(const ConvolutionShape& shape, const AlignedVector& image,
                     const AlignedVector& weights) {
  const PaddedReader reader{shape, image};
  AlignedVector sums;
  for (Index y = 0; y < shape.output_height(); ++y) {
    for (Index x = 0; x < shape.output_width(); ++x) {
      for (Index filter = 0; filter < shape.filters; ++filter) {
        Real sum = 0;
        Index tap = 0;
        for (Index i = 0; i < shape.kernel_height; ++i) {
          for (Index j = 0; j < shape.kernel_width; ++j) {
            for (Index channel = 0; channel < shape.channels; ++channel, ++tap) {
              sum = std::fma(reader.at(y * shape.stride + i, x * shape.stride + j, channel),
                             weights[static_cast<std::size_t>(tap * shape.filters + filter)], sum);
            }
          }
        }
        sums.push_back(sum);
      }
    }
  }
  return sums;
}

bool has_direct_kernels() {
  return make_direct_convolution({8, 8, 1, 16, 3, 3, 1, 0, 1}) != nullptr;
}

TEST(DirectConvolution, SumsAreChainsOfFusedMultiplyAdds) {
  if (!has_direct_kernels()) GTEST_SKIP() << "this instruction set has no AVX2";
  // height, width, channels, filters, kernel, stride, padding, pool
  for (const ConvolutionShape& shape : {ConvolutionShape{28, 28, 1, 16, 5, 5, 1, 0, 1},
                                        {12, 12, 16, 32, 5, 5, 1, 0, 1},
                                        {9, 7, 3, 48, 3, 2, 2, 1, 1},
                                        {7, 30, 8, 16, 3, 3, 1, 2, 1},
                                        {6, 5, 32, 64, 1, 1, 1, 0, 1},
                                        {20, 33, 5, 80, 4, 7, 3, 3, 1}}) {
    SCOPED_TRACE(testing::Message() << shape.filters << " filters of " << shape.kernel_height
                                    << " x " << shape.kernel_width);
    const auto direct = make_direct_convolution(shape);
    ASSERT_NE(direct, nullptr);
    const AlignedVector image = random_floats(shape.image_size(), 1);
    const AlignedVector weights = random_floats(shape.taps() * shape.filters, 2);
    AlignedVector scratch(static_cast<std::size_t>(direct->scratch_size()), 9.0F);
    AlignedVector sums(static_cast<std::size_t>(shape.positions() * shape.filters), 9.0F);
    direct->convolve(image.data(), weights.data(), scratch.data(), sums.data());
    EXPECT_EQ(sums, chains(shape, image, weights));
  }
}

TEST(DirectConvolution, PoolsTakeTheFirstOfTheLargestOrANaN) {
  if (!has_direct_kernels()) GTEST_SKIP() << "this instruction set has no AVX2";
  for (const Index pool : {2, 3}) {
    const ConvolutionShape shape{pool, pool, 1, 16, 1, 1, 1, 0, pool};
    const auto direct = make_direct_convolution(shape);
    const Index places = pool * pool;
    for (Index first = 0; first < places; ++first) {
      AlignedVector sums(static_cast<std::size_t>(places * 16), -1.0F);
      // Filter c has its largest at `first`, and once more behind it; filter 3 has a NaN there.
      for (Index place = first; place < places; ++place) {
        for (Index c = 0; c < 16; ++c) sums[static_cast<std::size_t>(place * 16 + c)] = 2;
      }
      sums[static_cast<std::size_t>(first * 16 + 3)] = std::numeric_limits<Real>::quiet_NaN();
      AlignedVector largest(16);
      std::vector<std::uint8_t> found(16, 99);
      direct->take_largest(sums.data(), largest.data(), found.data());
      for (std::size_t c = 0; c < 16; ++c) {
        EXPECT_EQ(found[c], first) << c;
        if (c == 3) {
          EXPECT_TRUE(std::isnan(largest[c]));
        } else {
          EXPECT_EQ(largest[c], 2);
        }
      }
      AlignedVector again(16);
      direct->take_largest(sums.data(), again.data(), nullptr);
      EXPECT_EQ(std::memcmp(again.data(), largest.data(), 16 * sizeof(Real)), 0);
    }
  }
}

TEST(DirectConvolution, IsNotThereForFiltersThatFillNoVectors) {
  EXPECT_EQ(make_direct_convolution({8, 8, 1, 15, 3, 3, 1, 0, 1}), nullptr);
}

}  // namespace
}  // namespace tally
