// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

// How large an image may be. Checked against its header, before memory is taken for its pixels: a
// few kilobytes of PNG or JPEG can announce gigabytes.
namespace tally {

inline constexpr std::int64_t kLargestFileBytes = 64 << 20;
inline constexpr std::int64_t kLargestSide = 65'500;  ///< what JPEG can have; no drawing is larger
inline constexpr std::int64_t kLargestPixelCount = 100'000'000;

/// Of decoded pixels before they become grey: 100 megapixels of grey, 42 of RGB, 32 of RGBA. With
/// the file and the grey image beside them, decoding takes less than 256 MB.
inline constexpr std::int64_t kLargestDecodedBytes = 128'000'000;

/// Throws an Error that names the image if it is larger than that, or has no pixels at all.
void require_decodable_size(const std::string& name, std::int64_t width, std::int64_t height,
                            std::int64_t bytes_per_pixel);

}  // namespace tally
