// SPDX-License-Identifier: MIT
#pragma once

#include "tally/core/index.hpp"

// Private to layer core.
namespace tally {

/// What windows are taken of, with its padding.
struct WindowSource {
  const float* values;
  Index row_size;     // from row to row in a window
  Index window_rows;  // from a row of windows to the next
  Index window_step;  // from window to window in a row
};

struct ConvolutionKernel {
  const float* weights;  // [rows][row taps][filters]
  Index rows, row_taps, filters;
};

struct ConvolutionSums {
  float* values;        // [rows][columns][filters]
  Index rows, columns;  // to be computed
  Index row_size;
};

/// All sums, each a chain from 0 over the rows of the window, and in them over what lies side by
/// side.
void convolve_padded(const WindowSource& source, const ConvolutionKernel& kernel,
                     const ConvolutionSums& sums);

}  // namespace tally
