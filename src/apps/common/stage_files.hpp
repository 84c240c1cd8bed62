// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

#include "tally/image/digit_image.hpp"

namespace tally {

/// Writes the steps of preparing a page, and each of its digits, as PNG files whose names begin
/// with `name`; those of digits carry a number where there are several. Nothing for a page without
/// digits. Throws an Error that names the file.
void write_stages(const std::filesystem::path& directory, const std::string& name,
                  const GreyImage& page, const PreparedPage& prepared);

}  // namespace tally
