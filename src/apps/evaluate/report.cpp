// SPDX-License-Identifier: MIT
#include "evaluate/report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/json_line.hpp"
#include "tally/core/text.hpp"
#include "tally/nn/calibration.hpp"

namespace tally {
namespace {

std::string class_table(const ConfusionMatrix& confusion) {
  std::string text = "class  samples  correct  precision  recall      f1\n";
  for (std::int64_t label = 0; label < confusion.classes(); ++label) {
    text += fmt::format("{:5}  {:>7}  {:>7}  {:9.4f}  {:6.4f}  {:6.4f}\n", label,
                        grouped(confusion.labelled(label)), grouped(confusion.count(label, label)),
                        confusion.precision(label), confusion.recall(label), confusion.f1(label));
  }
  return text;
}

std::string confusion_table(const ConfusionMatrix& confusion) {
  std::string text = "true \\ predicted\n     ";
  for (std::int64_t label = 0; label < confusion.classes(); ++label) {
    text += fmt::format("{:>7}", label);
  }
  text += "\n";
  for (std::int64_t label = 0; label < confusion.classes(); ++label) {
    text += fmt::format("{:5}", label);
    for (std::int64_t predicted = 0; predicted < confusion.classes(); ++predicted) {
      text += fmt::format("{:>7}", grouped(confusion.count(label, predicted)));
    }
    text += "\n";
  }
  return text;
}

std::string calibration_line(const CalibrationFigures& figures) {
  std::string line =
      fmt::format("expected calibration error {:.4f} ({} bins)", figures.error, kCalibrationBins);
  if (figures.calibrated_error) {
    line += fmt::format("; calibrated {:.4f}, by a temperature of {:.3f}",
                        *figures.calibrated_error, *figures.temperature);
  }
  return line + "\n";
}

std::string voter_lines(std::span<const Voter> voters) {
  std::string lines;
  for (const Voter& voter : voters) {
    lines += fmt::format("accuracy {:.2f} %, loss {:.6f}: {}\n", 100 * voter.evaluation.accuracy(),
                         voter.evaluation.loss, printable_line(voter.model));
  }
  if (!voters.empty()) lines += fmt::format("vote of {} models:\n", voters.size());
  return lines;
}

nlohmann::ordered_json number_or_null(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nullptr;
}

}  // namespace

std::string text_report(const ModelEvaluation& figures, std::span<const Voter> voters) {
  const Evaluation& evaluation = figures.evaluation;
  return fmt::format("{}accuracy {:.2f} % ({} of {}), loss {:.6f}\n{}\n{}\n{}", voter_lines(voters),
                     100 * evaluation.accuracy(), grouped(evaluation.correct),
                     grouped(evaluation.samples), evaluation.loss,
                     calibration_line(figures.calibration), class_table(figures.confusion),
                     confusion_table(figures.confusion));
}

std::string json_report(const ModelEvaluation& figures, std::span<const Voter> voters) {
  const Evaluation& evaluation = figures.evaluation;
  const ConfusionMatrix& confusion = figures.confusion;
  nlohmann::ordered_json report = {{"samples", evaluation.samples},
                                   {"correct", evaluation.correct},
                                   {"accuracy", evaluation.accuracy()},
                                   {"loss", evaluation.loss},
                                   {"confusion", nlohmann::ordered_json::array()},
                                   {"per_class", nlohmann::ordered_json::array()}};
  for (std::int64_t label = 0; label < confusion.classes(); ++label) {
    auto& row = report["confusion"].emplace_back(nlohmann::ordered_json::array());
    for (std::int64_t predicted = 0; predicted < confusion.classes(); ++predicted) {
      row.push_back(confusion.count(label, predicted));
    }
    report["per_class"].push_back({{"class", label},
                                   {"samples", confusion.labelled(label)},
                                   {"correct", confusion.count(label, label)},
                                   {"precision", confusion.precision(label)},
                                   {"recall", confusion.recall(label)},
                                   {"f1", confusion.f1(label)}});
  }
  const CalibrationFigures& calibration = figures.calibration;
  report["calibration"] = {{"error", calibration.error},
                           {"temperature", number_or_null(calibration.temperature)},
                           {"calibrated_error", number_or_null(calibration.calibrated_error)}};
  for (const Voter& voter : voters) {
    report["voters"].push_back({{"model", voter.model},
                                {"correct", voter.evaluation.correct},
                                {"accuracy", voter.evaluation.accuracy()},
                                {"loss", voter.evaluation.loss}});
  }
  return json_line(report) + "\n";
}

}  // namespace tally
