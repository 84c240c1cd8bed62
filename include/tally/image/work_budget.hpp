// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace tally {

/// What a page may take at most; docs/security.md says what that costs.
struct WorkLimits {
  std::int64_t comparisons = 60'000'000;
  std::int64_t kept = 250'000;
  std::int64_t pixels = 180'000'000;  ///< of the page and of copies of its digits, of 256 MB
};

/// How much may be done for one page. It is counted, not timed, so that a page is refused on every
/// machine or on none. Writing takes a small share of it; pages that somebody has made to keep a
/// program busy, or to take its memory, end there.
class WorkBudget {
 public:
  /// `page` is the name of the image, for messages.
  explicit WorkBudget(std::string page, WorkLimits limits = {})
      : page_(std::move(page)), left_(limits) {}

  /// Comparing two parts of the ink, or the boxes of two digits; a step of looking for the pixels
  /// of one part that are nearest to another one.
  void compare(std::int64_t count = 1) {
    left_.comparisons -= count;
    if (left_.comparisons < 0) refuse();
  }

  /// Copying pixels of a digit from a page with so many. The copies and the page are in memory at
  /// the same time.
  void copy(std::int64_t pixels, std::int64_t page_pixels);

  /// Keeping a stroke, or that two of them are near each other.
  void keep() {
    if (--left_.kept < 0) refuse();
  }

 private:
  [[noreturn]] void refuse() const;

  std::string page_;
  WorkLimits left_;
};

}  // namespace tally
