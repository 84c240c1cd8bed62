// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tally {

/// What a script does with a run that has ended, or was killed: nothing, start it again with
/// --resume, or call its owner. A run that is under way has the state kResume.
enum class RunState { kDone, kResume, kFailed };

/// The reason of a run that is under way, and of one that was killed.
inline constexpr std::string_view kRunning = "running";

struct RunStatus {
  RunState state = RunState::kResume;
  std::int64_t step = 0;   ///< the last step known to be done
  std::string checkpoint;  ///< name of the newest checkpoint, empty if there is none
  std::string reason;
  std::string workers{};          ///< of the last launch: "2 ranks, 4 threads in all"
  double samples_per_second = 0;  ///< of the last launch, in training alone; 0: not known yet
};

/// The text of run.status: the state alone on the first line, then "step N", "checkpoint NAME",
/// "workers TEXT", "samples_per_second X" and "reason TEXT", those that are known.
std::string to_text(const RunStatus& status);

/// The inverse, of what anybody may have written: nothing if the first line is no state; lines that
/// say nothing are passed over.
std::optional<RunStatus> run_status_in(std::string_view text);

}  // namespace tally
