// SPDX-License-Identifier: MIT
#pragma once

namespace tally {

/// GFLOP/s of a product of two 1024 x 1024 matrices on the calling thread: the median of several.
double measure_peak();

}  // namespace tally
