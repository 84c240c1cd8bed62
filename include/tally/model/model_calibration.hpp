// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/core/thread_team.hpp"
#include "tally/model/trained_model.hpp"
#include "tally/nn/evaluator.hpp"

namespace tally {

/// Fits a calibration to `held_out`, images that the model's run held out of training. Throws an
/// Error (ExitCode::kCheckpoint) if the model's outputs are not finite; `name` is the model, for
/// it.
Calibration calibrate(const TrainedModel& model, const std::string& name,
                      const LabelledImages& held_out, const ThreadTeam& team);

/// The network in `outliers`, a run on data of tally-data outliers, for a model of the classes that
/// it tells from the rest. Throws an Error (ExitCode::kUsage) if it is another one; `name` is that
/// run.
OutlierNetwork outlier_network(const TrainingState& outliers, const TrainedModel& model,
                               const std::string& name);

}  // namespace tally
