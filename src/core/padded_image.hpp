// SPDX-License-Identifier: MIT
#pragma once

#include "tally/core/index.hpp"

// Images with zeros around them. Private to layer core.
namespace tally {

/// How an image of `height` rows of `row` numbers lies with `rows` rows and `columns` numbers of
/// zeros at each edge.
struct PaddedImage {
  Index height, row;
  Index rows, columns;

  [[nodiscard]] Index row_size() const { return row + 2 * columns; }
  [[nodiscard]] Index size() const { return (height + 2 * rows) * row_size(); }

  /// Writes all of `to`.
  void copy_in(const float* from, float* to) const;
  /// Writes the image within `from`.
  void copy_out(const float* from, float* to) const;
};

}  // namespace tally
