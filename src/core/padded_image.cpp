// SPDX-License-Identifier: MIT
#include "padded_image.hpp"

#include <algorithm>

namespace tally {

void PaddedImage::copy_in(const float* from, float* to) const {
  to = std::fill_n(to, rows * row_size() + columns, 0.0F);
  for (Index y = 0; y < height; ++y) {
    to = std::copy_n(from + y * row, row, to);
    const bool is_last = y + 1 == height;
    to = std::fill_n(to, is_last ? columns + rows * row_size() : 2 * columns, 0.0F);
  }
}

void PaddedImage::copy_out(const float* from, float* to) const {
  from += rows * row_size() + columns;
  for (Index y = 0; y < height; ++y) std::copy_n(from + y * row_size(), row, to + y * row);
}

}  // namespace tally
