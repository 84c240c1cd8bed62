// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

// What a run has measured so far. It is part of every checkpoint, and the CSV files are written
// from it, so that they have no gap and no duplicate however often the run was interrupted. It
// holds no times: the same run gives the same history on any machine.
namespace tally {

/// Figures of a set of images; not a number where the run has no such set.
struct SetFigures {
  double loss = std::numeric_limits<double>::quiet_NaN();
  double accuracy = std::numeric_limits<double>::quiet_NaN();
};

/// One finished epoch. The training figures are means over the epoch's steps as they were taken.
struct EpochRow {
  std::int64_t epoch = 0;    ///< 1 for the first
  std::int64_t step = 0;     ///< steps done
  std::int64_t samples = 0;  ///< samples seen
  double learning_rate = 0;  ///< of the epoch's last step
  SetFigures train;
  SetFigures validation;
  SetFigures test;
};

/// One logged step. The figures are means over the samples of this step.
struct StepRow {
  std::int64_t step = 0;  ///< 1 for the first
  std::int64_t epoch = 0;
  std::int64_t samples = 0;  ///< samples seen after it
  double learning_rate = 0;
  SetFigures train;
};

struct History {
  std::vector<EpochRow> epochs;
  std::vector<StepRow> steps;
};

}  // namespace tally
