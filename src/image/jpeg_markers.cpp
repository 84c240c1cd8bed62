// SPDX-License-Identifier: MIT
#include "tally/image/jpeg_markers.hpp"

#include <algorithm>
#include <string_view>

namespace tally {
namespace {

constexpr unsigned kStartOfScan = 0xDA;
constexpr unsigned kEndOfImage = 0xD9;
constexpr unsigned kApplication1 = 0xE1;
constexpr std::size_t kComponentCountOffset = 5;  // in a frame header: after precision and size

unsigned byte_at(std::span<const std::byte> bytes, std::size_t index) {
  return index < bytes.size() ? std::to_integer<unsigned>(bytes[index]) : 0;
}

bool is_frame_header(unsigned marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

bool is_progressive(unsigned frame_marker) {
  return (frame_marker & 3U) == 2;
}

// TEM and RST0 to RST7 (ITU-T T.81, table B.1): decoders skip them wherever they stand.
bool is_without_length(unsigned marker) {
  return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7);
}

bool is_exif(std::span<const std::byte> segment) {
  constexpr std::string_view kStart("Exif\0\0", 6);
  return segment.size() > kStart.size() &&
         std::ranges::equal(segment.first(kStart.size()), std::as_bytes(std::span(kStart)));
}

}  // namespace

JpegMarkers read_jpeg_markers(std::span<const std::byte> file) {
  JpegMarkers markers;
  unsigned component_count = 0;
  std::size_t at = 2;
  while (at + 4 <= file.size() && byte_at(file, at) == 0xFF) {
    const unsigned marker = byte_at(file, at + 1);
    if (marker == 0xFF) {  // a fill byte
      ++at;
      continue;
    }
    if (is_without_length(marker)) {
      at += 2;
      continue;
    }
    const std::size_t length = byte_at(file, at + 2) << 8 | byte_at(file, at + 3);
    if (marker == kEndOfImage || length < 2 || length > file.size() - at - 2) break;
    const auto segment = file.subspan(at + 4, length - 2);
    if (marker == kStartOfScan) {
      markers.has_many_scans |= byte_at(segment, 0) < component_count;
      break;
    }
    if (is_frame_header(marker)) {
      component_count = byte_at(segment, kComponentCountOffset);
      markers.has_many_scans |= is_progressive(marker);
    }
    if (marker == kApplication1 && markers.exif.empty() && is_exif(segment)) markers.exif = segment;
    at += 2 + length;
  }
  return markers;
}

}  // namespace tally
