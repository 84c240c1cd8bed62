// SPDX-License-Identifier: MIT
#include "tally/io/metrics_log.hpp"

#include <cassert>
#include <cmath>

#include <fmt/format.h>

namespace tally {
namespace {

constexpr std::string_view kEpochFile = "metrics.csv";
constexpr std::string_view kStepFile = "steps.csv";
constexpr std::string_view kEpochHeader =
    "epoch,step,samples,learning_rate,train_loss,train_accuracy,validation_loss,"
    "validation_accuracy,test_loss,test_accuracy\n";
constexpr std::string_view kStepHeader =
    "step,epoch,samples,learning_rate,train_loss,train_accuracy\n";

// A figure that does not exist is an empty field.
std::string field(double value) {
  return std::isnan(value) ? "" : fmt::format("{}", value);
}

std::string fields(const SetFigures& figures) {
  return field(figures.loss) + "," + field(figures.accuracy);
}

std::string line_of(const EpochRow& row) {
  return fmt::format("{},{},{},{},{},{},{}\n", row.epoch, row.step, row.samples, row.learning_rate,
                     fields(row.train), fields(row.validation), fields(row.test));
}

std::string line_of(const StepRow& row) {
  return fmt::format("{},{},{},{},{}\n", row.step, row.epoch, row.samples, row.learning_rate,
                     fields(row.train));
}

template <typename Row>
std::string table_of(std::string_view header, const std::vector<Row>& rows) {
  std::string table(header);
  for (const Row& row : rows) table += line_of(row);
  return table;
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& directory, const History& history,
                       bool with_steps, const std::function<void()>& before_replacing)
    : epochs_{{directory / kEpochFile, table_of(kEpochHeader, history.epochs), before_replacing},
              {}} {
  const std::filesystem::path steps = directory / kStepFile;
  std::error_code error;
  // Of steps that a killed run did in vain only the header stays.
  if (with_steps || !history.steps.empty() || std::filesystem::exists(steps, error)) {
    steps_.emplace(Table{{steps, table_of(kStepHeader, history.steps), before_replacing}, {}});
  }
}

void MetricsLog::add(const EpochRow& row) {
  epochs_.append(line_of(row));
}

void MetricsLog::add(const StepRow& row) {
  assert(steps_.has_value());
  steps_->append(line_of(row));
}

void MetricsLog::Table::append(const std::string& line) {
  unwritten += line;
  file.append(unwritten);
  unwritten.clear();
}

}  // namespace tally
