// SPDX-License-Identifier: MIT
#pragma once

#include "tally/core/index.hpp"

namespace tally {

/// What a convolution works on. Images lie as [height][width][channels], sums as
/// [output height][output width][filters], and weights as [kernel height][kernel width][channels]
/// [filters], so that the weights of a filter's window are a column. Beyond its edges an image is
/// 0.
struct ConvolutionShape {
  Index height = 1;
  Index width = 1;
  Index channels = 1;
  Index filters = 1;
  Index kernel_height = 1;
  Index kernel_width = 1;
  Index stride = 1;
  Index padding = 0;  ///< rows and columns of zeros that are added at each edge
  Index pool = 1;     ///< rows and columns of sums of which the largest is taken, if more than 1

  [[nodiscard]] Index output_height() const {
    return (height + 2 * padding - kernel_height) / stride + 1;
  }
  [[nodiscard]] Index output_width() const {
    return (width + 2 * padding - kernel_width) / stride + 1;
  }
  /// Where a window can lie.
  [[nodiscard]] Index positions() const { return output_height() * output_width(); }
  /// Numbers in a window.
  [[nodiscard]] Index taps() const { return kernel_height * kernel_width * channels; }
  [[nodiscard]] Index image_size() const { return height * width * channels; }

  /// After the pool; rows and columns of sums that fill no whole one are left out.
  [[nodiscard]] Index pooled_height() const { return output_height() / pool; }
  [[nodiscard]] Index pooled_width() const { return output_width() / pool; }
  [[nodiscard]] Index pooled_positions() const { return pooled_height() * pooled_width(); }
};

}  // namespace tally
