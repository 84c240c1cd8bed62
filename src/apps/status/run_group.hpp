// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "common/run_summary.hpp"

namespace tally {

/// The runs of a sweep, or some that were named one by one.
struct RunGroup {
  std::string sweep;  ///< its folder; empty for runs that belong to none
  std::vector<RunSummary> runs;
  std::size_t ranked = 0;  ///< so many of them come first, the best by validation before the others
  std::vector<std::string> problems{};  ///< what could not be read, beside those of the runs
};

/// What the paths name: a run directory; a folder of run directories, or the sweep.csv in it, which
/// also names runs that have not begun. Runs that are named one by one make one group. What is not
/// there yet, or is none of these, is a run of that group with a problem.
std::vector<RunGroup> find_runs(const std::vector<std::string>& paths);

/// Sorts by validation accuracy, then by validation loss. Runs that cannot be chosen are behind the
/// others in their order.
void rank_by_validation(RunGroup& group);

}  // namespace tally
