// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tally/state/history.hpp"

// How far a run is, read from the files of its directory alone: while it is under way, on any host
// that sees them, whatever state they are in.
namespace tally {

/// What run.status says, and what can be seen besides it.
enum class RunCondition {
  kNew,      ///< nothing has begun here
  kRunning,  ///< somebody holds the lock
  kStopped,  ///< saved and stopped; to be resumed
  kKilled,   ///< ended without a word; to be resumed
  kDone,
  kFailed,
  kRefused,  ///< by tally-train, before it began
  kUnknown   ///< the files are damaged, or nobody here can see whether it lives
};

/// "NEW", "RUNNING", ...
std::string_view name_of(RunCondition condition);

struct RunSummary {
  std::filesystem::path directory;
  RunCondition condition = RunCondition::kNew;
  std::int64_t step = 0;
  std::int64_t epoch = 0;  ///< finished
  std::optional<std::int64_t> epochs;
  std::optional<std::int64_t> max_steps;
  SetFigures train, validation, test;  ///< of the last epoch
  double samples_per_second = 0;       ///< of the last launch; 0: not known
  std::optional<std::time_t> since;    ///< the launch if it runs, else the end
  std::string owner;                   ///< "host n1, process 7, job 12"; after the end the job
  std::string workers;                 ///< "2 ranks, 4 threads in all"
  std::string checkpoint;              ///< a file name
  std::string reason;
  std::vector<std::string> problems;  ///< what could not be read
};

/// Whether a directory holds a run, or something of one; a sweep's has a sweep.csv, and is none.
bool is_run(const std::filesystem::path& directory);

/// Never throws: what cannot be read is a problem of the run.
RunSummary summarize(const std::filesystem::path& directory);

/// Whether it has figures of validation by which to choose it, so far, and has not failed.
bool is_choosable(const RunSummary& run);

/// Whether `a` comes before `b`, of two that can be chosen: by validation accuracy, then by loss.
bool is_better(const RunSummary& a, const RunSummary& b);

/// What is to be done with it, in a word or three: "wait", "resume", ...
std::string_view next_action(const RunSummary& run);

/// "5 DONE, 2 RUNNING, 1 FAILED"
std::string count_by_condition(const std::vector<RunSummary>& runs);

/// "93.20 %", "-" if there is none.
std::string percent_text(double fraction);

/// The file in which a job script says that tally-train has refused to begin, and why.
inline constexpr const char* kRefusalFile = "job.refused";

}  // namespace tally
