// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tally/parallel/communicator.hpp"
#include "tally/run/progress_report.hpp"

namespace tally {

/// What is wrong with a launch. Errors: the run would fail, or not be the one that was meant.
/// Warnings: it would surely be slow, or is in danger. Each names the remedy.
class Findings {
 public:
  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    errors_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    warnings_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  /// Reports the warnings of rank 0, or throws an AgreedError (ExitCode::kUsage) for its first
  /// error. Collective: every rank must call.
  void report_or_throw(const Communicator& communicator, ProgressReport& report) const;

 private:
  std::vector<std::string> errors_;
  std::vector<std::string> warnings_;
};

}  // namespace tally
