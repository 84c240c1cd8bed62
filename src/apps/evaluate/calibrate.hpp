// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

#include "common/trained_model.hpp"
#include "tally/core/thread_team.hpp"

namespace tally {

/// Fits a calibration on the images that the model's run held out of training, read from the data
/// set in `directory`. Throws an Error (ExitCode::kUsage) if it held none out, or was trained on
/// other images than these; `name` is the model, for it.
Calibration calibrate(const TrainedModel& model, const std::string& name,
                      const std::filesystem::path& directory, const ThreadTeam& team);

/// The network in `others`, a run on data of tally-data others, for a model of the classes that it
/// tells from the rest. Throws an Error (ExitCode::kUsage) if it is another one; `name` is that
/// run.
OthersNetwork others_network(const TrainingState& others, const TrainedModel& model,
                             const std::string& name);

}  // namespace tally
