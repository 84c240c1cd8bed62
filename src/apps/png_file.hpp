// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "tally/core/error.hpp"
#include "tally/image/png_codec.hpp"

namespace tally {

/// Writes `image` as a PNG, over what is there. Throws an Error that names the file.
inline void write_png(const std::filesystem::path& path, const GreyImage& image) {
  const std::vector<std::byte> png = encode_png(image);
  std::ofstream stream(path, std::ios::binary);
  stream.write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
  if (stream.flush().good()) return;
  fail(ExitCode::kFailure, "{}: cannot be written: {}", path.string(), system_error_text(errno));
}

}  // namespace tally
