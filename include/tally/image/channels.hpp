// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/image/grey_image.hpp"

// Pixels of one to four channels, as colour data sets have them: grey; grey and alpha; red, green
// and blue; these and alpha.
namespace tally {

/// The brightness of a pixel, on black where it is transparent.
std::uint8_t grey_of(std::span<const std::uint8_t> pixel);

/// The brightness of an image [height x width x channels], pixel by pixel.
GreyImage grey_image(std::span<const std::uint8_t> pixels, std::int64_t height, std::int64_t width);

/// A colour image of that many channels that shows `image`: each colour as bright as the grey, and
/// nothing transparent.
std::vector<std::uint8_t> with_channels(const GreyImage& image, std::size_t channels);

}  // namespace tally
