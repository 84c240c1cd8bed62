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

bool is_arithmetic(unsigned frame_marker) {
  return frame_marker > 0xC8;
}

// TEM and RST0 to RST7 (ITU-T T.81, table B.1): decoders skip them wherever they stand.
bool is_without_length(unsigned marker) {
  return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7);
}

// Where the marker after the coded data of a scan begins: in them a byte FF is followed by 0, or it
// is one of the markers RST0 to RST7, at which decoding can start again.
std::size_t end_of_scan(std::span<const std::byte> file, std::size_t at) {
  while (at < file.size()) {
    const auto rest = file.subspan(at);
    at += static_cast<std::size_t>(std::ranges::find(rest, std::byte{0xFF}) - rest.begin());
    const unsigned next = byte_at(file, at + 1);
    if (next != 0 && (next & 0xF8) != 0xD0) return at;
    at += 2;
  }
  return at;
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
    at += 2 + length;
    if (marker == kStartOfScan) {
      if (++markers.scan_count == 1) {
        markers.has_many_scans |= byte_at(segment, 0) < component_count;
      }
      at = end_of_scan(file, at);
    }
    if (markers.scan_count > 0) continue;
    if (is_frame_header(marker)) {
      component_count = byte_at(segment, kComponentCountOffset);
      markers.has_many_scans |= is_progressive(marker);
      markers.is_arithmetic |= is_arithmetic(marker);
    }
    if (marker == kApplication1 && markers.exif.empty() && is_exif(segment)) markers.exif = segment;
  }
  return markers;
}

}  // namespace tally
