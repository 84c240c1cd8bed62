// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>

#include "fuzzing.hpp"
#include "tally/image/decode.hpp"
#include "tally/image/digit_image.hpp"

namespace tally {

/// Small, so that one input takes a millisecond, and large enough for every branch: the paper's
/// grid has cells of several pixels from 97 on.
inline constexpr ImageLimits kFuzzLimits{
    .side = 150, .pixel_count = 4'500, .decoded_bytes = 13'500};

inline void check_prepared(const GreyImage& page, const PreparedDigit& prepared) {
  const Box& box = prepared.box;
  check(box.x >= 0 && box.y >= 0 && box.x + box.width <= page.width &&
            box.y + box.height <= page.height && box.width > 0 && box.height > 0,
        "a box on the page");
  check(prepared.cropped.box() == Box{0, 0, box.width, box.height}, "the ink of the box");
  check(std::max(prepared.resized.width, prepared.resized.height) == kDigitBoxSide,
        "a longer side of 20");
  check(prepared.digit.box() == Box{0, 0, kDigitSide, kDigitSide}, "a digit of 28 x 28");
  check(std::ranges::max(prepared.digit.pixels) > 0, "a digit with ink");
}

/// Decodes a hostile image and prepares what is drawn on it.
inline void prepare_drawing(std::span<const std::byte> file) {
  GreyImage page;
  const bool is_decoded = accepts(ExitCode::kUsage, kHostile,
                                  [&] { page = decode_image(file, kHostile, kFuzzLimits); });
  if (!is_decoded) return;
  check(page.width > 0 && page.height > 0 &&
            std::ssize(page.pixels) == std::int64_t{page.width} * page.height,
        "as many pixels as the size says");
  const Digits digits = file.size() % 2 == 0 ? Digits::kOne : Digits::kSeveral;
  PreparedPage prepared;
  const bool is_prepared =
      accepts(ExitCode::kUsage, kHostile, [&] { prepared = prepare_page(page, digits, kHostile); });
  if (!is_prepared) return;
  check(prepared.ink.box() == page.box() || prepared.digits.empty(), "ink as large as the page");
  check(digits == Digits::kSeveral || prepared.digits.size() <= 1, "no more than one digit");
  for (const PreparedDigit& digit : prepared.digits) check_prepared(page, digit);
}

}  // namespace tally
