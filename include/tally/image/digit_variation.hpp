// SPDX-License-Identifier: MIT
#pragma once

#include "tally/core/random.hpp"
#include "tally/image/grey_image.hpp"

namespace tally {

/// The same digit (28 x 28, ink = 255) as another hand might have written it: turned, slanted,
/// stretched, and bent smoothly (after Simard, Steinkraus, Platt, "Best Practices for Convolutional
/// Neural Networks Applied to Visual Document Analysis", ICDAR 2003); prepared again. What has no
/// stroke stays as it is.
GreyImage varied_digit(const GreyImage& digit, RandomStream& stream);

}  // namespace tally
