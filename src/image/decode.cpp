// SPDX-License-Identifier: MIT
#include "tally/image/decode.hpp"

#include <vector>

#include "tally/core/error.hpp"
#include "tally/core/input_file.hpp"
#include "tally/core/text.hpp"
#include "tally/image/image_type.hpp"
#include "tally/image/jpeg_decoder.hpp"
#include "tally/image/png_codec.hpp"

namespace tally {
namespace {

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  InputFile file(path, "expected a PNG or JPEG file; name the files in it");
  require(file.size() <= kLargestFileBytes, ExitCode::kUsage,
          "{}: is {} MB long, expected at most {} MB; make the image smaller", path.string(),
          grouped(file.size() >> 20), kLargestFileBytes >> 20);
  std::vector<std::byte> bytes(static_cast<std::size_t>(file.size()));
  bytes.resize(file.read(bytes, ExitCode::kUsage));
  return bytes;
}

}  // namespace

GreyImage decode_image(std::span<const std::byte> file, const std::string& name,
                       const ImageLimits& limits) {
  switch (image_type(file, name)) {
    case ImageType::kPng:
      return decode_png(file, name, limits);
    case ImageType::kJpeg:
      return decode_jpeg(file, name, limits);
  }
  throw std::logic_error("decode_image: unknown type");
}

GreyImage read_image(const std::filesystem::path& path) {
  return decode_image(read_file(path), path.string());
}

}  // namespace tally
