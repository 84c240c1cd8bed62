// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/model/predictor.hpp"

namespace tally {

/// The 28 x 28 image that the network saw, in block characters of half a line each, beside a bar
/// per class. Empty if there is no digit.
std::string terminal_view(const Prediction& prediction);

}  // namespace tally
