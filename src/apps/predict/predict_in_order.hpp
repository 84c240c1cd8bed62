// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/predictor.hpp"

namespace tally {

/// Predicts `files` on up to `threads` threads and hands each answer to `take`, by one thread at a
/// time and in the order of the files, as soon as all before it are there. Throws an Error if the
/// model takes no drawings.
void predict_in_order(const TrainedModel& model, const std::string& model_name,
                      const std::vector<std::string>& files, const PredictorOptions& options,
                      int threads, const std::function<void(const Prediction&)>& take);

}  // namespace tally
