// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tally/image/digit_image.hpp"
#include "trained_model.hpp"

namespace tally {

/// What tally-predict answers for one image. The statuses are part of its output format.
enum class PredictionStatus { kOk, kNoInk, kError };

struct ClassProbability {
  int label = 0;
  double probability = 0;
};

struct Prediction {
  std::string file;
  PredictionStatus status = PredictionStatus::kError;
  std::vector<ClassProbability> top;  ///< most probable first; empty unless the status is kOk
  Box box;                            ///< of the ink; empty unless the status is kOk
  std::string message;                ///< why there is no class
};

/// Prepares drawings as MNIST's digits are and classifies them.
class Predictor {
 public:
  /// Throws an Error unless `model` was trained on 28 x 28 images; `name` is the model, for it.
  Predictor(const TrainedModel& model, const std::string& name);

  /// Reads and classifies a file, with the `top_count` most probable classes. Writes each step as
  /// PNG into `stages_directory` unless that is empty. What goes wrong with one file is in the
  /// result.
  Prediction predict(const std::string& file, int top_count, const std::string& stages_directory);

 private:
  [[nodiscard]] std::vector<ClassProbability> classify(const GreyImage& digit, int top_count);

  const TrainedModel& model_;
  NetworkWorkspace workspace_;
};

/// One line of text for what was read; the message of an error stands for itself.
std::string text_line(const Prediction& prediction);

/// One line of JSON: {"file", "status", "class", "probability",
/// "top": [{"class", "probability"}], "box": [x, y, width, height], "message"}.
std::string json_line(const Prediction& prediction);

}  // namespace tally
