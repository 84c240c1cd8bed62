// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "tally/io/appended_file.hpp"
#include "tally/state/history.hpp"

// metrics.csv and steps.csv of a run. Both are written anew from the history of a checkpoint when a
// run starts or resumes, and grow by one line at a time after that: no gap and no duplicate.
namespace tally {

class MetricsLog {
 public:
  /// Writes the rows of `history` to files in `directory`; steps.csv only if the history has rows
  /// for it, or `with_steps` says that there will be some, or there is one. Calls
  /// `before_replacing`, which may throw, before a file gets its name.
  MetricsLog(const std::filesystem::path& directory, const History& history, bool with_steps,
             const std::function<void()>& before_replacing);

  /// Append one row. Throw an Error if that fails, which should not end a training: the row is kept
  /// and written with the next one.
  void add(const EpochRow& row);
  void add(const StepRow& row);

 private:
  struct Table {
    AppendedFile file;
    std::string unwritten;
    void append(const std::string& line);
  };
  Table epochs_;
  std::optional<Table> steps_;
};

}  // namespace tally
