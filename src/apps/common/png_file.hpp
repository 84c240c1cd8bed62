// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "tally/image/png_codec.hpp"
#include "tally/io/output_file.hpp"

namespace tally {

/// Writes `image` as a PNG, over the file that is there. Throws an Error that names the file.
inline void write_png(const std::filesystem::path& path, const GreyImage& image) {
  const std::vector<std::byte> png = encode_png(image);
  OutputFile file(path, path.string() + ":");
  file.append(png);
  file.close();
}

}  // namespace tally
