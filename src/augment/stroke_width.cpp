// SPDX-License-Identifier: MIT
#include "stroke_width.hpp"

#include <algorithm>
#include <cstdlib>

namespace tally {
namespace {

struct Greatest {
  static std::uint8_t of(std::uint8_t a, std::uint8_t b) { return std::max(a, b); }
};
struct Least {
  static std::uint8_t of(std::uint8_t a, std::uint8_t b) { return std::min(a, b); }
};

// `target` moves towards the extreme of the neighbours by `share` / StrokeWidth::kOne.
template <typename Extreme>
void mix_row(const std::uint8_t* __restrict here, Index next_column, Index next_row,
             std::int32_t share, Index count, std::uint8_t* __restrict target) {
  for (Index i = 0; i < count; ++i) {
    const std::uint8_t beside = Extreme::of(here[i - next_column], here[i + next_column]);
    const std::uint8_t across = Extreme::of(here[i - next_row], here[i + next_row]);
    const std::uint8_t extreme = Extreme::of(here[i], Extreme::of(beside, across));
    const std::int32_t step = (extreme - here[i]) * share + StrokeWidth::kOne / 2;
    target[i] = static_cast<std::uint8_t>(here[i] + (step >> 8));
  }
}

}  // namespace

StrokeWidth::StrokeWidth(ImageSize size)
    : size_(size),
      padded_(static_cast<std::size_t>((size.height + 2) * (size.width + 2) * size.channels)) {}

void StrokeWidth::change(std::int32_t pixels, std::span<std::uint8_t> image) {
  for (std::int32_t left = std::abs(pixels); left > 0; left -= kOne) {
    change_by_up_to_one(std::min(left, kOne), pixels > 0, image);
  }
}

void StrokeWidth::change_by_up_to_one(std::int32_t share, bool is_thicker,
                                      std::span<std::uint8_t> image) {
  const Index row_values = size_.width * size_.channels;
  const Index stride = row_values + 2 * size_.channels;
  for (Index row = 0; row < size_.height; ++row) {
    std::copy_n(image.data() + row * row_values, row_values,
                padded_.data() + (row + 1) * stride + size_.channels);
  }
  for (Index row = 0; row < size_.height; ++row) {
    const std::uint8_t* here = padded_.data() + (row + 1) * stride + size_.channels;
    std::uint8_t* target = image.data() + row * row_values;
    const auto mix = is_thicker ? mix_row<Greatest> : mix_row<Least>;
    mix(here, size_.channels, stride, share, row_values, target);
  }
}

}  // namespace tally
