// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/io/checkpoint_store.hpp"

namespace tally {

/// All facts of a checkpoint, for people.
std::string describe(const TrainingState& state, const std::string& path);

/// A line for each thing in which two trainings differ: what was asked for and must match at a
/// resume, the data, the progress, each block of parameters and velocity, what was measured in the
/// first epoch that differs, the calibration. Empty if they are the same training at the same
/// point; where, when and by how many workers it was done does not count.
std::string describe_differences(const LoadedCheckpoint& first, const LoadedCheckpoint& second);

}  // namespace tally
