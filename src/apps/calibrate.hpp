// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

#include "tally/core/thread_team.hpp"
#include "trained_model.hpp"

namespace tally {

/// Fits a calibration on the images that the model's run held out of training, read from the data
/// set in `directory`. Throws an Error (ExitCode::kUsage) if it held none out, or was trained on
/// other images than these; `name` is the model, for it.
Calibration calibrate(const TrainedModel& model, const std::string& name,
                      const std::filesystem::path& directory, const ThreadTeam& team);

}  // namespace tally
