// SPDX-License-Identifier: MIT
#include "common/prediction_line.hpp"

#include <fmt/format.h>

namespace tally {
namespace {

std::string_view status_name(PredictionStatus status) {
  switch (status) {
    case PredictionStatus::kOk:
      return "ok";
    case PredictionStatus::kUnsure:
      return "unsure";
    case PredictionStatus::kNoInk:
      return "no_ink";
    case PredictionStatus::kError:
      break;
  }
  return "error";
}

}  // namespace

std::string text_line(const Prediction& prediction) {
  if (prediction.status == PredictionStatus::kNoInk) {
    return fmt::format("{}: no digit: {}", prediction.file, prediction.message);
  }
  const bool is_unsure = prediction.status == PredictionStatus::kUnsure;
  std::string line =
      fmt::format("{}: {}{} ({:.1f} %)", prediction.file, is_unsure ? "unsure; perhaps " : "",
                  prediction.top[0].label, 100 * prediction.top[0].probability);
  for (std::size_t i = 1; i < prediction.top.size(); ++i) {
    line += fmt::format("{} {} ({:.1f} %)", i == 1 ? "; then" : ",", prediction.top[i].label,
                        100 * prediction.top[i].probability);
  }
  if (prediction.digit_probability) {
    line += fmt::format("; a digit at all: {:.1f} %", 100 * *prediction.digit_probability);
  }
  return line;
}

nlohmann::ordered_json to_json(const Prediction& prediction) {
  const bool is_ok = prediction.status == PredictionStatus::kOk;
  nlohmann::ordered_json line;
  line["file"] = prediction.file;
  line["status"] = status_name(prediction.status);
  line["class"] = is_ok ? nlohmann::ordered_json(prediction.top[0].label) : nullptr;
  line["probability"] = is_ok ? nlohmann::ordered_json(prediction.top[0].probability) : nullptr;
  if (prediction.digit_probability) line["digit_probability"] = *prediction.digit_probability;
  line["top"] = nlohmann::ordered_json::array();
  for (const ClassProbability& entry : prediction.top) {
    line["top"].push_back({{"class", entry.label}, {"probability", entry.probability}});
  }
  const Box& box = prediction.box;
  line["box"] = prediction.has_digit()
                    ? nlohmann::ordered_json({box.x, box.y, box.width, box.height})
                    : nullptr;
  line["message"] = prediction.message;
  return line;
}

}  // namespace tally
