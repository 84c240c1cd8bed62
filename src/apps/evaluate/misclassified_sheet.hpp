// SPDX-License-Identifier: MIT
#pragma once

#include "tally/core/matrix.hpp"
#include "tally/data/dataset.hpp"
#include "tally/image/grey_image.hpp"

namespace tally {

/// A sheet of the images whose most probable class is not their label, in the order of the set:
/// image, number in the set, label, answer and its probability. The first kMostMisclassified are
/// shown, and their number is told.
inline constexpr std::size_t kMostMisclassified = 1000;
GreyImage misclassified_sheet(const Dataset& data, ConstMatrixView probabilities);

}  // namespace tally
