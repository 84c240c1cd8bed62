// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "predict/shown_prediction.hpp"

namespace tally {

struct InOrderOptions {
  PredictorOptions predictor{};
  PageViews views{};
  int threads = 1;
};

/// Predicts `files` on up to `options.threads` threads and hands each answer to `take`, by one
/// thread at a time and in the order of the files, as soon as all before it are there. Throws an
/// Error if the model takes no drawings.
void predict_in_order(const TrainedModel& model, const std::string& model_name,
                      const std::vector<std::string>& files, const InOrderOptions& options,
                      const std::function<void(const ShownPrediction&)>& take);

}  // namespace tally
