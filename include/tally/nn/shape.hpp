// SPDX-License-Identifier: MIT
#pragma once

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

}  // namespace tally
