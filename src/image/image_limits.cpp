// SPDX-License-Identifier: MIT
#include "tally/image/image_limits.hpp"

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {

void require_decodable_size(const std::string& name, const DecodedSize& size,
                            const ImageLimits& limits) {
  const auto [width, height, bytes_per_pixel] = size;
  require(width > 0 && height > 0, ExitCode::kUsage,
          "{}: is {} x {} pixels, expected at least one; save it again", name, grouped(width),
          grouped(height));
  require(width <= limits.side && height <= limits.side, ExitCode::kUsage,
          "{}: is {} x {} pixels, expected at most {} on a side; make it smaller", name,
          grouped(width), grouped(height), grouped(limits.side));
  // Divided, not multiplied: both sides come from the file and their product may overflow.
  require(width <= limits.pixel_count / height, ExitCode::kUsage,
          "{}: is {} x {} pixels, expected at most {} pixels; make it smaller", name,
          grouped(width), grouped(height), grouped(limits.pixel_count));
  const std::int64_t decoded_bytes = width * height * bytes_per_pixel;
  require(
      decoded_bytes <= limits.decoded_bytes, ExitCode::kUsage,
      "{}: is {} x {} pixels and takes {} MB to decode, expected at most {} MB; make it smaller",
      name, grouped(width), grouped(height), grouped(decoded_bytes / 1'000'000),
      grouped(limits.decoded_bytes / 1'000'000));
}

}  // namespace tally
