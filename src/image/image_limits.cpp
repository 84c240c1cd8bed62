// SPDX-License-Identifier: MIT
#include "tally/image/image_limits.hpp"

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {

void require_decodable_size(const std::string& name, std::int64_t width, std::int64_t height,
                            std::int64_t bytes_per_pixel) {
  require(width > 0 && height > 0, ExitCode::kUsage,
          "{}: is {} x {} pixels, expected at least one; save it again", name, grouped(width),
          grouped(height));
  require(width <= kLargestSide && height <= kLargestSide, ExitCode::kUsage,
          "{}: is {} x {} pixels, expected at most {} on a side; make it smaller", name,
          grouped(width), grouped(height), grouped(kLargestSide));
  // Divided, not multiplied: both sides come from the file and their product may overflow.
  require(width <= kLargestPixelCount / height, ExitCode::kUsage,
          "{}: is {} x {} pixels, expected at most {} pixels; make it smaller", name,
          grouped(width), grouped(height), grouped(kLargestPixelCount));
  const std::int64_t decoded_bytes = width * height * bytes_per_pixel;
  require(
      decoded_bytes <= kLargestDecodedBytes, ExitCode::kUsage,
      "{}: is {} x {} pixels and takes {} MB to decode, expected at most {} MB; make it smaller",
      name, grouped(width), grouped(height), grouped(decoded_bytes / 1'000'000),
      grouped(kLargestDecodedBytes / 1'000'000));
}

}  // namespace tally
