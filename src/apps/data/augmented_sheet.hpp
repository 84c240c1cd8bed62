// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "tally/augment/augmentation.hpp"
#include "tally/data/dataset_files.hpp"
#include "tally/image/grey_image.hpp"

namespace tally {

struct AugmentedSheetOptions {
  Distortions distortions;
  double strength = 1;
  std::uint64_t seed = 1;
  std::int64_t first = 0;  ///< the number of the first image
};

/// A sheet of kSheetImages images from `first` on, a row each: the image, then kSheetCopies
/// augmented copies of it, as a training with that seed makes them. Throws an Error
/// (ExitCode::kUsage) if the split has no such image, or its images are too large to be augmented.
inline constexpr int kSheetImages = 10;
inline constexpr int kSheetCopies = 12;
GreyImage augmented_sheet(const SplitFiles& files, const AugmentedSheetOptions& options);

}  // namespace tally
