// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tally/state/overrides.hpp"

// The runs of a sweep: what each of them is given, and the name of its directory.
namespace tally {

struct SweepTask {
  std::string name;   ///< of its directory: "learning-rate-0.2_seed-3"
  Overrides options;  ///< each once
};

struct SweepPlan {
  std::vector<std::string> varied;  ///< the options in which the tasks differ
  std::vector<SweepTask> tasks;
};

/// The value of an option, or nothing.
const std::string* value_of(const Overrides& options, std::string_view name);

/// Every combination of what the words give: OPTION=VALUE,VALUE,... (or VALUE;VALUE;..., as
/// networks need, which have commas of their own), or a file of configurations, FILE.toml with a
/// table [[run]] for each or FILE.csv with a line for each; `name` there is the name of a
/// directory. The same words give the same plan. Names, values and files are not trusted: names
/// hold letters, digits and "._+-" only. Throws an Error (ExitCode::kUsage) for what is no sweep.
/// Whether tally-train takes the values is its own affair.
SweepPlan plan_sweep(const std::vector<std::string>& words);

/// As tally-train takes it: "--nesterov=true"; a flag of the launch that is off is left out.
std::vector<std::string> command_line(const SweepTask& task);

}  // namespace tally
