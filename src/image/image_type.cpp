// SPDX-License-Identifier: MIT
#include "tally/image/image_type.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  std::string_view content;
};

// Formats that people do hand to a program that reads images.
constexpr std::array kOtherFormats = {
    Signature{0, "GIF8"sv, "a GIF image"},
    Signature{8, "WEBP"sv, "a WebP image"},
    Signature{0, "BM"sv, "a BMP image"},
    Signature{0, "II*\0"sv, "a TIFF image"},
    Signature{0, "MM\0*"sv, "a TIFF image"},
    Signature{4, "ftyphe"sv, "a HEIC image"},
    Signature{4, "ftypmif1"sv, "a HEIC image"},
    Signature{4, "ftypavif"sv, "an AVIF image"},
    Signature{0, "%PDF"sv, "a PDF document"},
    Signature{0, "<svg"sv, "an SVG drawing"},
    Signature{0, "<?xml"sv, "an XML or SVG document"},
    Signature{0, "\x1F\x8B"sv, "packed with gzip"},
    Signature{0, "PK\x03\x04"sv, "a ZIP archive"},
};

bool has_bytes(std::span<const std::byte> file, std::size_t offset, std::string_view bytes) {
  return file.size() >= offset + bytes.size() &&
         std::ranges::equal(file.subspan(offset, bytes.size()), std::as_bytes(std::span(bytes)));
}

// A download that failed: pages start with a tag, perhaps after blanks.
bool is_web_page(std::span<const std::byte> file) {
  std::string start;
  for (const std::byte byte : file.first(std::min<std::size_t>(file.size(), 200))) {
    const char character = std::to_integer<char>(byte);
    start += character >= 'A' && character <= 'Z' ? static_cast<char>(character + 32) : character;
  }
  start.erase(0, start.find_first_not_of(" \t\r\n\xEF\xBB\xBF"));
  return start.starts_with("<!doctype html") || start.starts_with("<html") ||
         start.starts_with("<head");
}

[[noreturn]] void refuse(std::span<const std::byte> file, const std::string& name) {
  require(!file.empty(), ExitCode::kUsage,
          "{}: is empty, expected a PNG or JPEG image; save or copy it again", name);
  require(!is_web_page(file), ExitCode::kUsage,
          "{}: is a web page, expected a PNG or JPEG image; download the image itself", name);
  for (const Signature& format : kOtherFormats) {
    require(!has_bytes(file, format.offset, format.bytes), ExitCode::kUsage,
            "{}: is {}, expected a PNG or JPEG image; save it as PNG", name, format.content);
  }
  fail(ExitCode::kUsage,
       "{}: is no image (it starts with {}), expected a PNG or JPEG image; save it as PNG", name,
       hex_text(file.first(std::min<std::size_t>(file.size(), 4))));
}

}  // namespace

ImageType image_type(std::span<const std::byte> file, const std::string& name) {
  if (has_bytes(file, 0, "\x89PNG\r\n\x1A\n"sv)) return ImageType::kPng;
  if (has_bytes(file, 0, "\xFF\xD8\xFF"sv)) return ImageType::kJpeg;
  refuse(file, name);
}

}  // namespace tally
