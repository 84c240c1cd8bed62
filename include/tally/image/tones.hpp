// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <span>
#include <vector>

// Statistics of brightness values.
namespace tally {

/// The value that a `share` of all lies below. Reorders `values`, of which there must be one.
template <typename Value>
Value quantile(std::vector<Value>& values, double share) {
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size()));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<std::size_t>(rank)];
}

template <typename Value>
Value median(std::vector<Value>& values) {
  return quantile(values, 0.5);
}

/// A split of values into a dark and a light class.
struct TwoTones {
  float threshold = 0;    ///< the largest value of the dark class
  double separation = 0;  ///< the share of the variance that lies between the classes, 0 to 1
};

/// The split with the largest separation (Otsu, "A threshold selection method from gray-level
/// histograms", 1979). Values from 0 to 255.
TwoTones split_tones(std::span<const float> values);

}  // namespace tally
