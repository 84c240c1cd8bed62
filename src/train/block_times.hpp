// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "tally/train/stopwatch.hpp"

namespace tally {

/// How the time of many short blocks divides into sums and updates. Looking at the clock takes as
/// long as some of the work, so it is done for one block in eight.
class BlockTimes {
 public:
  explicit BlockTimes(const Stopwatch& stopwatch) : is_running_(stopwatch.is_running()) {}

  void begin_block() {
    is_timed_ = is_running_ && number_++ % 8 == 0;
    if (is_timed_) last_ = Stopwatch::Clock::now();
  }
  void end_sum() { lap(sums_); }
  void end_block() { lap(updates_); }
  [[nodiscard]] double share_of_sums() const {
    const double all = std::chrono::duration<double>(sums_ + updates_).count();
    return all > 0 ? std::chrono::duration<double>(sums_).count() / all : 0;
  }

 private:
  void lap(Stopwatch::Clock::duration& total) {
    if (!is_timed_) return;
    const auto now = Stopwatch::Clock::now();
    total += now - last_;
    last_ = now;
  }

  bool is_running_;
  bool is_timed_ = false;
  int number_ = 0;
  Stopwatch::Clock::time_point last_;
  Stopwatch::Clock::duration sums_{}, updates_{};
};

}  // namespace tally
