// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/digit_check.hpp"
#include "common/trained_model.hpp"
#include "tally/image/digit_image.hpp"
#include "tally/nn/workspace.hpp"

namespace tally {

/// What tally-predict answers for one image. The statuses are part of its output format.
enum class PredictionStatus { kOk, kUnsure, kNoInk, kError };

struct ClassProbability {
  int label = 0;
  double probability = 0;
};

struct Prediction {
  std::string file;
  PredictionStatus status = PredictionStatus::kError;
  std::vector<ClassProbability> top;        ///< most probable first; empty if there is no digit
  Box box;                                  ///< of the ink; empty if there is no digit
  GreyImage digit;                          ///< as the network sees it; empty if there is no digit
  std::string message;                      ///< why there is no class
  std::vector<ClassProbability> classes;    ///< all of them, in the order of `top`
  std::optional<double> digit_probability;  ///< that it is a digit at all, if the model can tell
  GreyImage picture;                        ///< of the page, small, with a frame around the box

  /// Whether a digit was found, be it read or not.
  [[nodiscard]] bool has_digit() const { return !top.empty(); }
};

struct PredictorOptions {
  int top_count = 3;             ///< how many classes to name
  double least_probability = 0;  ///< unsure below it
  bool is_segmented = false;     ///< a page may have several digits
  bool keeps_pictures = false;   ///< whether answers have them
  std::string stages_directory;  ///< each step is written there as PNG, unless it is empty
};

/// Prepares drawings as MNIST's digits are and classifies them. For one thread; the model may be
/// shared among many.
class Predictor {
 public:
  /// Throws an Error unless `model` was trained on 28 x 28 images; `name` is the model, for it.
  Predictor(const TrainedModel& model, const std::string& name, PredictorOptions options);

  /// Reads and classifies a file: one answer, or one for each digit if the page is segmented. What
  /// goes wrong with one file is in its only answer. `stages_name` begins the names of its stages.
  std::vector<Prediction> predict(const std::string& file, const std::string& stages_name);

  /// The same for the contents of a file; `name` is what the answers call it.
  std::vector<Prediction> predict(std::span<const std::byte> contents, const std::string& name);

 private:
  [[nodiscard]] std::vector<Prediction> read_page(GreyImage page, const std::string& file,
                                                  const std::string& stages_name);
  [[nodiscard]] Prediction read_digit(const std::string& file, const PreparedDigit& digit);
  /// All classes, the most probable first.
  [[nodiscard]] std::vector<ClassProbability> classify(const std::string& file,
                                                       const GreyImage& digit);

  const TrainedModel& model_;
  PredictorOptions options_;
  ForwardWorkspace workspace_;
  std::optional<DigitCheck> digit_check_;
};

/// One line of text for what was read; the message of an error stands for itself.
std::string text_line(const Prediction& prediction);

/// One line of JSON: {"file", "status", "class", "probability", "top": [{"class", "probability"}],
/// "box": [x, y, width, height], "message"}, and "digit_probability" if the model can tell.
std::string json_line(const Prediction& prediction);

}  // namespace tally
