// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// What must be known of a JPEG before it is decoded, read from its markers (ITU-T T.81, annex B).
namespace tally {

struct JpegMarkers {
  std::span<const std::byte> exif;  ///< the first EXIF block, from "Exif" on; empty if none
  /// Progressive, or with one scan per component: the decoder then holds every coefficient of the
  /// image in memory at once.
  bool has_many_scans = false;
  bool is_arithmetic = false;  ///< coded arithmetically, not by Huffman
  /// Each goes over the whole image, however few bytes it has.
  std::int64_t scan_count = 0;
};

/// Stops at the end of the image or at anything damaged; the decoder will say what is wrong.
JpegMarkers read_jpeg_markers(std::span<const std::byte> file);

}  // namespace tally
