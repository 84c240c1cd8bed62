// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tally/image/digit_image.hpp"
#include "tally/model/digit_check.hpp"
#include "tally/model/trained_model.hpp"
#include "tally/nn/workspace.hpp"

namespace tally {

/// What a model answers for a drawing. The statuses are part of tally-predict's output format.
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

  /// Whether a digit was found, be it read or not.
  [[nodiscard]] bool has_digit() const { return !top.empty(); }
};

struct PredictorOptions {
  int top_count = 3;             ///< how many classes to name
  double least_probability = 0;  ///< unsure below it
  bool is_segmented = false;     ///< a page may have several digits
};

/// Sees a page and what was prepared of it, before the digits are classified. What it throws is
/// answered as an error of the file.
using PageViewer = std::function<void(const GreyImage& page, const PreparedPage& prepared)>;

/// Prepares drawings as MNIST's digits are and classifies them. For one thread; the model may be
/// shared among many.
class Predictor {
 public:
  /// Throws an Error unless `model` was trained on 28 x 28 images; `name` is the model, for it.
  Predictor(const TrainedModel& model, const std::string& name, PredictorOptions options);

  /// Reads and classifies a file: one answer, or one for each digit if the page is segmented. What
  /// goes wrong with one file is in its only answer. `view` may be empty.
  std::vector<Prediction> predict(const std::string& file, const PageViewer& view = {});

  /// The same for the contents of a file; `name` is what the answers call it.
  std::vector<Prediction> predict(std::span<const std::byte> contents, const std::string& name,
                                  const PageViewer& view = {});

 private:
  [[nodiscard]] std::vector<Prediction> read_page(GreyImage page, const std::string& file,
                                                  const PageViewer& view);
  [[nodiscard]] Prediction read_digit(const std::string& file, const PreparedDigit& digit);
  /// All classes, the most probable first.
  [[nodiscard]] std::vector<ClassProbability> classify(const std::string& file,
                                                       const GreyImage& digit);

  const TrainedModel& model_;
  PredictorOptions options_;
  ForwardWorkspace workspace_;
  std::optional<DigitCheck> digit_check_;
};

}  // namespace tally
