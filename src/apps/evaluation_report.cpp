// SPDX-License-Identifier: MIT
#include "evaluation_report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tally/core/text.hpp"

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

}  // namespace

std::string text_report(const Evaluation& evaluation, const ConfusionMatrix& confusion) {
  return fmt::format("accuracy {:.2f} % ({} of {}), loss {:.6f}\n\n{}\n{}",
                     100 * evaluation.accuracy(), grouped(evaluation.correct),
                     grouped(evaluation.samples), evaluation.loss, class_table(confusion),
                     confusion_table(confusion));
}

std::string json_report(const Evaluation& evaluation, const ConfusionMatrix& confusion) {
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
  return report.dump() + "\n";
}

}  // namespace tally
