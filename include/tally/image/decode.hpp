// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "tally/image/grey_image.hpp"
#include "tally/image/image_limits.hpp"

// From the bytes of an image file to brightness (0 = black, 255 = white). Files are hostile until
// proven: whatever they hold, the answer is an image within image_limits.hpp or one Error
// (ExitCode::kUsage) that names the file.
namespace tally {

/// Decodes a PNG or a JPEG; the content decides which, `name` is only for messages.
GreyImage decode_image(std::span<const std::byte> file, const std::string& name,
                       const ImageLimits& limits = {});

/// Reads and decodes a file.
GreyImage read_image(const std::filesystem::path& path);

}  // namespace tally
