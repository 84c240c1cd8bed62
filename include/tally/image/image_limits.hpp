// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

// How large an image may be. Checked against its header, before memory is taken for its pixels: a
// few kilobytes of PNG or JPEG can announce gigabytes.
namespace tally {

inline constexpr std::int64_t kLargestFileBytes = 64 << 20;

struct ImageLimits {
  std::int64_t side = 65'500;  ///< what JPEG can have; no drawing is larger
  std::int64_t pixel_count = 100'000'000;

  /// Of decoded pixels before they become grey and upright: 100 megapixels of grey, 64 of grey to
  /// be turned, 42 of RGB, 32 of RGBA. With the file and the alpha of the pixels beside them,
  /// decoding takes less than 256 MB.
  std::int64_t decoded_bytes = 128'000'000;

  /// Pixels times the scans of a JPEG, each of which is a pass over all of them: 42 megapixels in
  /// 23 scans. Without it a file of 100 kB keeps the decoder busy for ten seconds.
  std::int64_t scanned_pixels = 1'000'000'000;
};

struct DecodedSize {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::int64_t bytes_per_pixel = 1;  ///< while it is decoded
};

/// Throws an Error that names the image if it is larger than the limits, or has no pixels at all.
void require_decodable_size(const std::string& name, const DecodedSize& size,
                            const ImageLimits& limits);

}  // namespace tally
