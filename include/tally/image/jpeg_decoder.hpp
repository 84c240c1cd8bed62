// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "tally/image/grey_image.hpp"
#include "tally/image/image_limits.hpp"

namespace tally {

/// Decodes a JPEG to brightness by TurboJPEG, turned as its EXIF orientation says. A warning of the
/// decoder is an error, since it means that pixels were made up. CMYK is refused. Throws an Error
/// that names `name`.
GreyImage decode_jpeg(std::span<const std::byte> file, const std::string& name,
                      const ImageLimits& limits = {});

}  // namespace tally
