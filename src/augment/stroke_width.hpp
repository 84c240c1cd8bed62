// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/augment/augmenter.hpp"

// Private to layer augment.
namespace tally {

/// Makes bright strokes thicker or thinner by parts of pixels: each pixel moves towards the
/// greatest (or least) of itself and its four neighbours.
class StrokeWidth {
 public:
  static constexpr std::int32_t kOne = 256;

  explicit StrokeWidth(ImageSize size);

  /// By `pixels` / kOne on each side; negative: thinner.
  void change(std::int32_t pixels, std::span<std::uint8_t> image);

 private:
  void change_by_up_to_one(std::int32_t share, bool is_thicker, std::span<std::uint8_t> image);

  ImageSize size_;
  std::vector<std::uint8_t> padded_;  // [height + 2, width + 2, channels], black around the image
};

}  // namespace tally
