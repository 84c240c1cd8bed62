// SPDX-License-Identifier: MIT
#include "tally/image/edge_directions.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "tally/core/random.hpp"
#include "tally/image/digit_image.hpp"

namespace tally {
namespace {

GreyImage random_digit(std::uint32_t item) {
  RandomStream stream(1, Purpose::kFigure, 9, item);
  GreyImage digit(kDigitSide, kDigitSide);
  for (int y = 4; y < 24; ++y) {
    for (int x = 4; x < 24; ++x) digit.at(x, y) = static_cast<std::uint8_t>(stream.below(256));
  }
  return digit;
}

// The reference: every cell and direction asks every pixel for its share, by tents.
GreyImage by_tents(const GreyImage& digit) {
  const auto ink = [&](int x, int y) {
    return x < 0 || y < 0 || x > 27 || y > 27 ? 0.0 : digit.at(x, y) / 255.0;
  };
  const auto tent = [](double distance) { return std::max(0.0, 1 - std::abs(distance)); };
  std::vector<double> values;
  double squares = 0;
  for (int direction = 0; direction < 8; ++direction) {
    for (int cell = 0; cell < 49; ++cell) {
      double sum = 0;
      for (int y = 0; y < 28; ++y) {
        for (int x = 0; x < 28; ++x) {
          const double across = ink(x + 1, y) - ink(x - 1, y), down = ink(x, y + 1) - ink(x, y - 1);
          const double turns =
              std::remainder(std::atan2(down, across) / (2 * std::numbers::pi) * 8 - direction, 8);
          sum += std::hypot(across, down) * tent(turns) * tent((x - 1.5) / 4 - cell % 7) *
                 tent((y - 1.5) / 4 - cell / 7);
        }
      }
      values.push_back(sum);
      squares += sum * sum;
    }
  }
  GreyImage image(7, 56);
  for (std::size_t i = 0; i < values.size(); ++i) {
    image.pixels[i] =
        static_cast<std::uint8_t>(std::lround(240 * std::sqrt(values[i] / std::sqrt(squares))));
  }
  return image;
}

TEST(EdgeDirections, AreThoseOfTheDefinition) {
  for (const std::uint32_t item : {0U, 1U, 2U}) {
    const GreyImage edges = edge_directions(random_digit(item));
    const GreyImage expected = by_tents(random_digit(item));
    ASSERT_EQ(edges.pixels.size(), expected.pixels.size());
    for (std::size_t i = 0; i < edges.pixels.size(); ++i) {
      EXPECT_NEAR(edges.pixels[i], expected.pixels[i], 1) << i;
    }
  }
}

TEST(EdgeDirections, OfAnUprightBarPointAcross) {
  GreyImage digit(kDigitSide, kDigitSide);
  for (int y = 4; y < 24; ++y) {
    for (int x = 12; x < 16; ++x) digit.at(x, y) = 255;
  }
  const GreyImage edges = edge_directions(digit);
  // In the middle row of cells: towards more ink on the right (0), on the left (4), nowhere else.
  for (int direction = 0; direction < 8; ++direction) {
    int strength = 0;
    for (int column = 0; column < 7; ++column) strength += edges.at(column, 7 * direction + 3);
    EXPECT_EQ(strength > 0, direction == 0 || direction == 4) << direction;
  }
}

TEST(EdgeDirections, DoNotDependOnHowStrongTheInkIs) {
  GreyImage strong = random_digit(3), faint = strong;
  for (std::uint8_t& pixel : strong.pixels) pixel = static_cast<std::uint8_t>(pixel / 2 * 2);
  for (std::size_t i = 0; i < faint.pixels.size(); ++i) {
    faint.pixels[i] = static_cast<std::uint8_t>(strong.pixels[i] / 2);
  }
  EXPECT_EQ(edge_directions(strong), edge_directions(faint));
}

TEST(EdgeDirections, OfAMirroredDigitAreMirrored) {
  const GreyImage digit = random_digit(4);
  GreyImage mirrored = digit;
  for (int y = 0; y < kDigitSide; ++y) std::reverse(mirrored.row(y), mirrored.row(y) + kDigitSide);
  const GreyImage edges = edge_directions(digit), others = edge_directions(mirrored);
  for (int direction = 0; direction < 8; ++direction) {
    const int opposite = (12 - direction) % 8;  // the angle from the other side
    for (int row = 0; row < 7; ++row) {
      for (int column = 0; column < 7; ++column) {
        EXPECT_EQ(edges.at(column, 7 * direction + row), others.at(6 - column, 7 * opposite + row));
      }
    }
  }
}

TEST(EdgeDirections, OfNothingAreNone) {
  const GreyImage empty(kDigitSide, kDigitSide);
  EXPECT_EQ(edge_directions(empty), GreyImage(kEdgeCells, kEdgeCells * kEdgeDirections));
}

}  // namespace
}  // namespace tally
