// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "predict/shown_prediction.hpp"

namespace tally {

/// A sheet of what was read, one strip per answer: the page with the box, the 28 x 28 image that
/// the network saw, a bar per class. `more` answers are counted only.
GreyImage prediction_sheet(const std::vector<ShownPrediction>& predictions, std::size_t more);

/// More strips would make a sheet that is hard to open.
inline constexpr std::size_t kMostStrips = 400;

}  // namespace tally
