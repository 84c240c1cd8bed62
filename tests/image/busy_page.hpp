// SPDX-License-Identifier: MIT
#pragma once

#include <ctime>

#include "tally/image/grey_image.hpp"

// For tests of pages that somebody has made to keep a program busy.
namespace tally {

/// Of this thread, so far.
inline double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Ink: two combs whose teeth reach between each other's, two parts of many runs, near everywhere.
inline GreyImage combs(int side, int pitch) {
  GreyImage ink(side, side);
  for (int y = 10; y < side - 10; ++y) {
    for (int x = 10; x < side - 20; ++x) {
      const bool is_upper = y < side - 20 && ((x - 10) % pitch == 0 || y < 12);
      const bool is_lower = y >= 20 && ((x - 10) % pitch == pitch / 2 || y >= side - 12);
      if (is_upper || is_lower) ink.at(x, y) = 255;
    }
  }
  return ink;
}

}  // namespace tally
