// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

// What any rank may want of the step boundary. The flags travel with the gradients of a step and
// are or-ed over ranks, so that all act on them at the same step.
namespace tally {

enum StepFlag : std::uint32_t {
  kRankFailed = 1U << 0,
  kSaveNow = 1U << 1,  ///< a signal or the interval asks for a checkpoint
  kStopForUsr2 = 1U << 2,
  kStopForTerm = 1U << 3,
  kStopForInt = 1U << 4,
  kStopForTime = 1U << 5,
  kStopForJobEnd = 1U << 6,  ///< the cluster's job is about to end
  kStopForHup = 1U << 7,     ///< the terminal has gone
};

inline constexpr std::uint32_t kStopFlags =
    kStopForUsr2 | kStopForTerm | kStopForInt | kStopForHup | kStopForTime | kStopForJobEnd;

/// Why the run stops, for people: "SIGTERM", "the job's time limit".
constexpr std::string_view stop_reason(std::uint32_t flags) {
  if ((flags & kStopForTerm) != 0) return "SIGTERM";
  if ((flags & kStopForInt) != 0) return "SIGINT";
  if ((flags & kStopForHup) != 0) return "SIGHUP";
  if ((flags & kStopForUsr2) != 0) return "SIGUSR2";
  if ((flags & kStopForTime) != 0) return "--max-time";
  return "the job's time limit";
}

}  // namespace tally
