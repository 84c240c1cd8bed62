// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

#include "tally/data/held_out_images.hpp"
#include "tally/model/trained_model.hpp"

namespace tally {

/// The images that the model's run held out of training, read from the data set in `directory`.
/// Throws an Error (ExitCode::kUsage) if it held none out, or was trained on other images than
/// these; `name` is the model, for it.
HeldOutImages held_out_images(const TrainedModel& model, const std::string& name,
                              const std::filesystem::path& directory);

}  // namespace tally
