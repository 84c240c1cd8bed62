// SPDX-License-Identifier: MIT
#include "tally/image/edge_directions.hpp"

#include <array>
#include <cassert>
#include <cmath>
#include <numbers>

#include "tally/image/digit_image.hpp"

namespace tally {
namespace {

constexpr int kCellSide = kDigitSide / kEdgeCells;
using Histogram = std::array<double, kEdgeDirections * kEdgeCells * kEdgeCells>;

/// A value between two neighbours of a row, shared by its distance from them.
struct Shared {
  int first;
  double second_share;
  explicit Shared(double at)
      : first(static_cast<int>(std::floor(at))), second_share(at - std::floor(at)) {}
  [[nodiscard]] double share(int which) const {
    return which == 0 ? 1 - second_share : second_share;
  }
};

void add(Histogram& histogram, int x, int y, double across, double down) {
  const double strength = std::hypot(across, down);
  if (strength == 0) return;
  constexpr double kWhole = 2 * std::numbers::pi;
  const double angle = std::atan2(down, across);
  const Shared direction((angle < 0 ? angle + kWhole : angle) / kWhole * kEdgeDirections);
  constexpr double kMiddle = (kCellSide - 1) / 2.0;
  const Shared column((x - kMiddle) / kCellSide), row((y - kMiddle) / kCellSide);
  for (int i = 0; i < 8; ++i) {
    const int a = i & 1, b = (i >> 1) & 1, c = i >> 2;
    const int cell_x = column.first + a, cell_y = row.first + b;
    if (cell_x < 0 || cell_x >= kEdgeCells || cell_y < 0 || cell_y >= kEdgeCells) continue;
    const int bin = (direction.first + c) % kEdgeDirections;
    histogram[static_cast<std::size_t>((bin * kEdgeCells + cell_y) * kEdgeCells + cell_x)] +=
        strength * column.share(a) * row.share(b) * direction.share(c);
  }
}

}  // namespace

GreyImage edge_directions(const GreyImage& digit) {
  assert(digit.width == kDigitSide && digit.height == kDigitSide);
  const auto ink = [&](int x, int y) {
    const bool is_outside = x < 0 || y < 0 || x == kDigitSide || y == kDigitSide;
    return is_outside ? 0 : static_cast<int>(digit.at(x, y));
  };
  Histogram histogram{};
  for (int y = 0; y < kDigitSide; ++y) {
    for (int x = 0; x < kDigitSide; ++x) {
      add(histogram, x, y, ink(x + 1, y) - ink(x - 1, y), ink(x, y + 1) - ink(x, y - 1));
    }
  }
  double squares = 0;
  for (const double value : histogram) squares += value * value;
  GreyImage image(kEdgeCells, kEdgeCells * kEdgeDirections);
  if (squares == 0) return image;
  constexpr double kScale = 240;
  const double length = std::sqrt(squares);
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    image.pixels[i] =
        static_cast<std::uint8_t>(std::lround(kScale * std::sqrt(histogram[i] / length)));
  }
  return image;
}

}  // namespace tally
