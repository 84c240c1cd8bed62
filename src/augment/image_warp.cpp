// SPDX-License-Identifier: MIT
#include "image_warp.hpp"

#include <algorithm>

namespace tally {
namespace {

constexpr Index kMargin = 3;  // two before the first pixel, one behind the last
constexpr std::int32_t kFractions = 256;

// Of a row of the copy, for each pixel: which quad, and how far into it, in 1/256.
struct Places {
  std::int32_t* quads;
  std::int32_t* downs;
  std::int32_t* rights;
};

// Rows are computed in whole vectors; what is behind their ends is not used.
Index padded(Index width) {
  constexpr Index kLanes = ElasticNoise::kReadBehind;
  return (width + kLanes - 1) / kLanes * kLanes;
}

void locate(const InverseMap& map, Index row, ImageSize size, const Places& places) {
  const auto at = static_cast<std::int32_t>(row);
  const std::int32_t row_begin = map.row_origin + map.row_by_row * at;
  const std::int32_t column_begin = map.column_origin + map.column_by_row * at;
  const std::int32_t row_step = map.row_by_column;
  const std::int32_t column_step = map.column_by_column;
  const std::int32_t row_gain = map.row_gain;
  const std::int32_t column_gain = map.column_gain;
  const std::int16_t* row_noise = map.row_noise.first + row * map.row_noise.stride;
  const std::int16_t* column_noise = map.column_noise.first + row * map.column_noise.stride;
  const auto height = static_cast<std::int32_t>(size.height);
  const auto width = static_cast<std::int32_t>(size.width);
  const std::int32_t columns = width + static_cast<std::int32_t>(kMargin);
  std::int32_t* __restrict quads = places.quads;
  std::int32_t* __restrict downs = places.downs;
  std::int32_t* __restrict rights = places.rights;
  const auto count = static_cast<std::int32_t>(padded(size.width));
  for (std::int32_t i = 0; i < count; ++i) {
    const std::int32_t y =
        row_begin + row_step * i + ((row_noise[i] * row_gain) >> InverseMap::kGainBits);
    const std::int32_t x =
        column_begin + column_step * i + ((column_noise[i] * column_gain) >> InverseMap::kGainBits);
    const std::int32_t quad_row = std::clamp(y >> InverseMap::kOneBits, -2, height) + 2;
    const std::int32_t quad_column = std::clamp(x >> InverseMap::kOneBits, -2, width) + 2;
    quads[i] = quad_row * columns + quad_column;
    downs[i] = (y >> 8) & 255;
    rights[i] = (x >> 8) & 255;
  }
}

void interpolate(const std::uint32_t* __restrict quads, const Places& places, Index count,
                 std::uint8_t* __restrict values) {
  const std::int32_t* __restrict indices = places.quads;
  const std::int32_t* __restrict downs = places.downs;
  const std::int32_t* __restrict rights = places.rights;
  for (Index i = 0; i < count; ++i) {
    const std::uint32_t quad = quads[indices[i]];
    const auto above_left = static_cast<std::int32_t>(quad & 255);
    const auto above_right = static_cast<std::int32_t>((quad >> 8) & 255);
    const auto below_left = static_cast<std::int32_t>((quad >> 16) & 255);
    const auto below_right = static_cast<std::int32_t>(quad >> 24);
    const std::int32_t above = above_left * kFractions + (above_right - above_left) * rights[i];
    const std::int32_t below = below_left * kFractions + (below_right - below_left) * rights[i];
    values[i] = static_cast<std::uint8_t>(
        (above * kFractions + (below - above) * downs[i] + kFractions * kFractions / 2) >> 16);
  }
}

}  // namespace

ImageWarp::ImageWarp(ImageSize size)
    : size_(size),
      quads_(static_cast<std::size_t>(size.channels * (size.height + kMargin) *
                                      (size.width + kMargin))),
      places_(static_cast<std::size_t>(padded(size.width))),
      downs_(places_.size()),
      rights_(places_.size()),
      row_(places_.size()) {}

// Quad (row, column) has the pixels (row - 2, column - 2) to (row - 1, column - 1). Each pixel is
// written to the four that it belongs to; those of the margin stay 0.
void ImageWarp::pack(std::span<const std::uint8_t> pixels) {
  const Index columns = size_.width + kMargin;
  std::uint32_t* plane = quads_.data();
  for (Index channel = 0; channel < size_.channels; ++channel) {
    const std::uint8_t* source = pixels.data() + channel;
    for (Index row = 1; row <= size_.height + 1; ++row) {
      const bool has_above = row >= 2;
      const bool has_below = row <= size_.height;
      const std::uint8_t* above = source + (row - 2) * size_.width * size_.channels;
      const std::uint8_t* below = source + (row - 1) * size_.width * size_.channels;
      std::uint32_t left = 0;  // above and below
      std::uint32_t* quads = plane + row * columns + 1;
      for (Index column = 0; column <= size_.width; ++column) {
        std::uint32_t right = 0;
        if (column < size_.width) {
          if (has_above) right = above[column * size_.channels];
          if (has_below) right |= std::uint32_t{below[column * size_.channels]} << 16;
        }
        quads[column] = left | (right << 8);
        left = right;
      }
    }
    plane += (size_.height + kMargin) * columns;
  }
}

void ImageWarp::apply(const InverseMap& map, std::span<const std::uint8_t> pixels,
                      std::span<std::uint8_t> warped) {
  pack(pixels);
  const Index plane = (size_.height + kMargin) * (size_.width + kMargin);
  const Index row_values = size_.width * size_.channels;
  const Places places{places_.data(), downs_.data(), rights_.data()};
  for (Index row = 0; row < size_.height; ++row) {
    locate(map, row, size_, places);
    for (Index channel = 0; channel < size_.channels; ++channel) {
      interpolate(quads_.data() + channel * plane, places, padded(size_.width), row_.data());
      std::uint8_t* target = warped.data() + row * row_values + channel;
      for (Index i = 0; i < size_.width; ++i)
        target[i * size_.channels] = row_[static_cast<std::size_t>(i)];
    }
  }
}

}  // namespace tally
