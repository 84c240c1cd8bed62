// SPDX-License-Identifier: MIT
#include "tally/model/predictor.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "tally/core/error.hpp"
#include "tally/core/stop_point.hpp"
#include "tally/image/channels.hpp"
#include "tally/image/decode.hpp"
#include "tally/nn/pixels.hpp"

namespace tally {
namespace {

template <typename Read>
std::vector<Prediction> with_errors_as_answer(const std::string& file, Read&& read) {
  Prediction failed;
  failed.file = file;
  try {
    return read();
  } catch (const Error& error) {
    failed.message = error.what();
  } catch (const std::bad_alloc&) {
    failed.message = fmt::format("{}: needs more memory than there is; make it smaller", file);
  } catch (const std::exception& error) {  // of a package
    failed.message = fmt::format("{}: cannot be prepared: {}", file, error.what());
  }
  return {failed};
}

}  // namespace

Predictor::Predictor(const TrainedModel& model, const std::string& name, PredictorOptions options)
    : model_(model), options_(std::move(options)), workspace_(model.network(), 1) {
  model.require_images({kDigitSide, kDigitSide, model.state().data.channels},
                       "drawings for " + name);
  if (model.calibration() && model.calibration()->outliers) {
    digit_check_.emplace(*model.calibration()->outliers, model.network().outputs(), name);
  }
}

std::vector<Prediction> Predictor::predict(const std::string& file, const PageViewer& view) {
  return with_errors_as_answer(file, [&] { return read_page(read_image(file), file, view); });
}

std::vector<Prediction> Predictor::predict(std::span<const std::byte> contents,
                                           const std::string& name, const PageViewer& view) {
  return with_errors_as_answer(name,
                               [&] { return read_page(decode_image(contents, name), name, view); });
}

std::vector<Prediction> Predictor::read_page(GreyImage page, const std::string& file,
                                             const PageViewer& view) {
  const GreyImage shown = view ? page : GreyImage();
  const PreparedPage prepared =
      prepare_page(std::move(page), options_.is_segmented ? Digits::kSeveral : Digits::kOne, file);
  if (view) view(shown, prepared);
  if (prepared.digits.empty()) {
    Prediction blank;
    blank.file = file;
    blank.status = PredictionStatus::kNoInk;
    blank.message = "the page is blank, of one tone, or has only noise on it";
    return {blank};
  }
  std::vector<Prediction> predictions;
  for (const PreparedDigit& digit : prepared.digits) {
    stop_point();
    predictions.push_back(read_digit(file, digit));
  }
  return predictions;
}

Prediction Predictor::read_digit(const std::string& file, const PreparedDigit& digit) {
  Prediction prediction;
  prediction.file = file;
  prediction.status = PredictionStatus::kOk;
  prediction.classes = classify(file, digit.digit);
  prediction.top = prediction.classes;
  prediction.top.resize(
      std::min(prediction.top.size(), static_cast<std::size_t>(options_.top_count)));
  prediction.box = digit.box;
  prediction.digit = digit.digit;
  if (digit_check_) {
    const double probability = digit_check_->probability(digit.digit);
    TrainedModel::require_finite(std::array{static_cast<Real>(probability)}, file);
    prediction.digit_probability = probability;
  }
  const ClassProbability& best = prediction.top.front();
  const double is_digit = prediction.digit_probability.value_or(1);
  const bool is_sure = best.probability * is_digit >= options_.least_probability;
  if (!is_sure) {  // or not a number
    prediction.status = PredictionStatus::kUnsure;
    prediction.message =
        fmt::format("the most probable class, {}, has a probability of {:.3f}{}, expected {:.3f}",
                    best.label, best.probability,
                    digit_check_ ? fmt::format(" and that it is a digit {:.3f}, together {:.3f}",
                                               is_digit, best.probability * is_digit)
                                 : "",
                    options_.least_probability);
  }
  return prediction;
}

std::vector<ClassProbability> Predictor::classify(const std::string& file, const GreyImage& digit) {
  const std::int64_t channels = model_.state().data.channels;
  scale_pixels(with_channels(digit, channels), workspace_.inputs(1).data());
  const ConstMatrixView outputs = model_.network().forward(model_.parameters(), workspace_, {1});
  TrainedModel::require_finite({outputs.data(), static_cast<std::size_t>(outputs.size())}, file);
  AlignedVector values(static_cast<std::size_t>(outputs.size()));
  const MatrixView probabilities = matrix_view(values.data(), 1, outputs.cols());
  model_.probabilities(outputs, probabilities);
  std::vector<ClassProbability> classes;
  for (Index label = 0; label < probabilities.cols(); ++label) {
    classes.push_back({static_cast<int>(label), probabilities(0, label)});
  }
  std::ranges::stable_sort(classes, std::greater{}, &ClassProbability::probability);
  return classes;
}

}  // namespace tally
