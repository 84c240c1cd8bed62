// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tally {

/// Turns signals into step flags: USR1 asks for a checkpoint; USR2, TERM and INT ask for a
/// checkpoint and a stop. A handler does nothing but set its flag. SIGPIPE is ignored, since a
/// closed standard output must not end a training. One per process.
class StopRequest {
 public:
  StopRequest();
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  /// The flags since the last call; a request to stop stays.
  std::uint32_t take();

  /// Whether SIGTERM has come, which launchers send before they kill. For any thread.
  static bool has_been_terminated();
};

}  // namespace tally
