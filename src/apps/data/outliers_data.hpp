// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace tally {

struct OutliersDataOptions {
  std::string digits;  ///< the data set, of 28 x 28
  std::string target;
  std::int64_t variants = 2;  ///< of each training image
  std::uint64_t seed = 1;
  int threads = 0;
};

struct OutliersDataResult {
  std::int64_t train_images = 0;
  std::int64_t test_images = 0;
  int outlier_class = 0;  ///< of what is no digit
};

/// Writes the four files of a data set for a network that tells digits from what is none: the edge
/// directions (edge_directions.hpp) of all images of `digits` under their labels, of variants of
/// the training images, and of as many pen figures under a label of their own. The bytes do not
/// depend on threads. Throws an Error if the images are not 28 x 28.
OutliersDataResult make_outliers_data(const OutliersDataOptions& options);

}  // namespace tally
