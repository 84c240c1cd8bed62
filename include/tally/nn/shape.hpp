// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/core/index.hpp"

namespace tally {

/// What one sample is at some place in a network. In memory it lies as [height][width][channels],
/// so that a layer that takes numbers in no particular arrangement takes it as it is.
struct Shape {
  Index height = 1;
  Index width = 1;
  Index channels = 1;

  [[nodiscard]] Index size() const { return height * width * channels; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// So many numbers in no particular arrangement.
constexpr Shape flat(Index size) {
  return {1, 1, size};
}

/// The channels that images may have: red, green, blue and alpha.
inline constexpr Index kMostImageChannels = 4;

/// "28 x 28" of grey images, "28 x 28 x 3" of colour images.
std::string image_size_text(Shape shape);

/// "28 x 28 x 1", height first; "100" of numbers in no arrangement.
std::string to_text(Shape shape);

}  // namespace tally
