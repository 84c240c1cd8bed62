// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tally/image/grey_image.hpp"
#include "tally/image/image_limits.hpp"

// PNG by libpng's classic interface with limits on size and chunks; its simplified interface has
// had the graver faults.
namespace tally {

/// Decodes any PNG to brightness: 1 to 16 bits, grey, RGB or palette, interlaced or not, and
/// transparency laid on paper (alpha.hpp). Throws an Error that names `name`.
GreyImage decode_png(std::span<const std::byte> file, const std::string& name,
                     const ImageLimits& limits = {});

/// A PNG file of 8-bit grey. `image` must have pixels.
std::vector<std::byte> encode_png(const GreyImage& image);

}  // namespace tally
