// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace tally {

/// How much may be done for one page. It is counted, not timed, so that a page is refused on every
/// machine or on none. Writing takes a small share of it; pages that somebody has made to keep a
/// program busy, or to take its memory, end there.
class WorkBudget {
 public:
  /// `page` is the name of the image, for messages.
  explicit WorkBudget(std::string page) : page_(std::move(page)) {}

  /// Comparing two parts of the ink, a run of pixels with a row, or the boxes of two digits.
  void compare(std::int64_t count = 1) {
    comparisons_ -= count;
    if (comparisons_ < 0) refuse();
  }

  /// Copying pixels of a digit; as many as the page has are enough for digits side by side.
  void copy(std::int64_t pixels, std::int64_t page_pixels);

 private:
  [[noreturn]] void refuse() const;

  std::string page_;
  std::int64_t comparisons_ = 100'000'000;
  std::int64_t copied_ = 0;
};

}  // namespace tally
