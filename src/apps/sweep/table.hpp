// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/run_summary.hpp"
#include "sweep/plan.hpp"

namespace tally {

/// The runs of a sweep as they are so far, in the order of its tasks.
std::vector<RunSummary> summarize(const std::filesystem::path& sweep, const SweepPlan& plan);

/// sweep.csv: a line a task with what it was given, its state, the figures of its last epoch, its
/// rank by validation (1 is the best; empty without), and the reason of its state.
std::string sweep_table(const SweepPlan& plan, const std::vector<RunSummary>& runs);

/// seeds.csv: mean and standard deviation (of the sample) over the seeds that are done, a line for
/// each configuration; empty if the seed is not varied.
std::string seeds_table(const SweepPlan& plan, const std::vector<RunSummary>& runs);

/// "8 tasks: 5 DONE, 1 FAILED, 2 NEW; best by validation: learning-rate-0.2, 93.20 %", and a line
/// like it for the configurations, if the seed is varied.
std::string sweep_verdict(const SweepPlan& plan, const std::vector<RunSummary>& runs);

/// Writes both tables. Whoever writes last has seen how all others have ended, however many write
/// at the same time. Returns the verdict on what was written. Throws an Error.
std::string write_sweep_tables(const std::filesystem::path& sweep, const SweepPlan& plan);

}  // namespace tally
