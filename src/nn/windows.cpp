// SPDX-License-Identifier: MIT
#include "windows.hpp"

#include <algorithm>

namespace tally {
namespace {

// work(where a row of a window begins in the image, the first and the end of its columns that are
// within the image) for each row of each window; of a row beyond the edges none are.
template <typename Work>
void for_each_window_row(const ConvolutionShape& shape, const Work& work) {
  for (Index y = 0; y < shape.output_height(); ++y) {
    for (Index x = 0; x < shape.output_width(); ++x) {
      const Index left = x * shape.stride - shape.padding;
      const Index first = std::clamp(-left, Index{0}, shape.kernel_width);
      const Index end = std::clamp(shape.width - left, first, shape.kernel_width);
      for (Index kernel_row = 0; kernel_row < shape.kernel_height; ++kernel_row) {
        const Index row = y * shape.stride - shape.padding + kernel_row;
        const bool is_inside = row >= 0 && row < shape.height;
        work((row * shape.width + left) * shape.channels, is_inside ? first : 0,
             is_inside ? end : 0);
      }
    }
  }
}

}  // namespace

void gather_windows(const ConvolutionShape& shape, const Real* image, Real* windows) {
  const Index row_taps = shape.kernel_width * shape.channels;
  for_each_window_row(shape, [&](Index begin, Index first, Index end) {
    const Index from = first * shape.channels;
    const Index to = end * shape.channels;
    std::fill_n(windows, from, Real{0});
    for (Index i = from; i < to; ++i) windows[i] = image[begin + i];
    std::fill_n(windows + to, row_taps - to, Real{0});
    windows += row_taps;
  });
}

void scatter_windows(const ConvolutionShape& shape, const Real* windows, Real* image) {
  const Index row_taps = shape.kernel_width * shape.channels;
  for_each_window_row(shape, [&](Index begin, Index first, Index end) {
    for (Index i = first * shape.channels; i < end * shape.channels; ++i) {
      image[begin + i] += windows[i];
    }
    windows += row_taps;
  });
}

}  // namespace tally
