// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace tally::serve {

/// What the page's server gives to its clients at most; docs/security.md has the reasons.
struct Limits {
  int connections = 256;       ///< held at a time; one more, and the slowest gives way
  int body_megabytes = 16;     ///< of an image file
  double body_seconds = 20;    ///< until it is there: a photo over a slow wireless network
  double answer_seconds = 20;  ///< until the client has taken its answer
  int least_rate = 1024;       ///< bytes a second of both, after a few seconds
  double wait_seconds = 10;    ///< until an image's turn comes
  double image_seconds = 10;   ///< of work on one image

  [[nodiscard]] std::size_t body_bytes() const {
    return static_cast<std::size_t>(body_megabytes) << 20;
  }
  /// Of files and answers in memory, for all clients together.
  [[nodiscard]] std::size_t held_bytes() const { return 16 * body_bytes(); }
};

}  // namespace tally::serve
