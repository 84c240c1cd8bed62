// SPDX-License-Identifier: MIT
#include "checkpoint/report.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "tally/core/text.hpp"
#include "tally/io/config_file.hpp"
#include "tally/state/config_fields.hpp"
#include "tally/state/config_text.hpp"

namespace tally {
namespace {

std::vector<std::pair<std::string, std::string>> fields_that_must_match(const RunConfig& config) {
  std::vector<std::pair<std::string, std::string>> fields;
  for_each_field(config, [&](const Field& field, const auto& value) {
    if (field.on_resume == OnResume::kMustMatch) fields.emplace_back(field.name, to_text(value));
  });
  return fields;
}

class Differences {
 public:
  template <typename Value>
  void compare(const std::string& name, const Value& first, const Value& second) {
    if (first == second) return;
    text_ += printable_line(fmt::format("{}: {} and {}", name, first, second)) + "\n";
  }

  void compare_blocks(const std::string& root, const ParameterLayout& layout,
                      const AlignedVector& first, const AlignedVector& second) {
    for (const ParameterBlock& block : layout.blocks()) {
      if (root == "optimizer" && !is_learned(block.shape.role)) continue;
      const std::vector<Real> a = block.values(first);
      const std::vector<Real> b = block.values(second);
      if (std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0) continue;
      std::size_t count = 0;
      double largest = 0;
      for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] != b[i]) ++count;
        largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
      }
      text_ += fmt::format("{}/{}: {} of {} values, by up to {:.3g}\n", root, block.name(),
                           grouped(static_cast<std::int64_t>(count)),
                           grouped(static_cast<std::int64_t>(a.size())), largest);
    }
  }

  // Of the epochs that both have, the first one that differs: the later ones follow from it.
  void compare_histories(const History& first, const History& second) {
    compare("history/epochs", first.epochs.size(), second.epochs.size());
    const std::size_t length = text_.size();
    const std::size_t both = std::min(first.epochs.size(), second.epochs.size());
    for (std::size_t i = 0; i < both && text_.size() == length; ++i) {
      const EpochRow& a = first.epochs[i];
      const EpochRow& b = second.epochs[i];
      const std::string epoch = fmt::format("history/epoch {}/", i + 1);
      compare_figures(epoch + "train", a.train, b.train);
      compare_figures(epoch + "validation", a.validation, b.validation);
      compare_figures(epoch + "test", a.test, b.test);
    }
  }

  void compare_calibrations(const std::optional<Calibration>& first,
                            const std::optional<Calibration>& second) {
    compare("calibration/temperature", temperature_text(first), temperature_text(second));
    const auto outliers_of = [](const std::optional<Calibration>& calibration) {
      return calibration ? calibration->outliers : std::nullopt;
    };
    const auto a = outliers_of(first), b = outliers_of(second);
    compare("calibration/outliers", a ? a->spec : "none", b ? b->spec : "none");
    if (a && b && a->parameters != b->parameters) text_ += "calibration/outliers: other values\n";
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  static std::string temperature_text(const std::optional<Calibration>& calibration) {
    return calibration ? fmt::format("{}", calibration->temperature) : "none";
  }

  // What was not measured is not a number, and no difference from itself.
  void compare_figures(const std::string& name, const SetFigures& first, const SetFigures& second) {
    const auto compare_figure = [&](std::string_view figure, double a, double b) {
      if (std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b)) return;
      text_ += fmt::format("{} {}: {} and {}\n", name, figure, a, b);
    };
    compare_figure("loss", first.loss, second.loss);
    compare_figure("accuracy", first.accuracy, second.accuracy);
  }

  std::string text_;
};

std::string last_epoch_text(const History& history) {
  if (history.epochs.empty()) return "none";
  const EpochRow& row = history.epochs.back();
  return fmt::format("loss {:.6f}, train {:.2f} %, test {:.2f} %", row.train.loss,
                     100 * row.train.accuracy, 100 * row.test.accuracy);
}

std::string parameters_text(const ParameterLayout& layout) {
  const std::size_t learned = layout.learned_count();
  const std::size_t measured = layout.count() - learned;
  return grouped(learned) +
         (measured == 0 ? "" : fmt::format(" and {} statistics", grouped(measured)));
}

}  // namespace

std::string describe(const TrainingState& state, const std::string& path) {
  const Progress& progress = state.progress;
  return fmt::format(
      "file          {}\n"
      "digest        {}\n"
      "progress      epoch {} of {}, step {}, {}, {:.1f} s\n"
      "last epoch    {}\n"
      "parameters    {}\n"
      "data          {} training and {} test images of {}\n"
      "written by    tally {}, {}, {}, {}\n"
      "\n{}",
      printable_line(path), to_hex(training_digest(state)), progress.epoch, state.config.epochs,
      progress.step, counted(progress.samples, "sample"), progress.elapsed_seconds,
      last_epoch_text(state.history), parameters_text(state.layout),
      grouped(state.data.train_images), grouped(state.data.test_images),
      image_size_text(image_shape(state.data)), printable(state.build.version),
      printable(state.build.compiler), printable(state.build.instruction_set),
      printable(state.build.kernel_backend), to_toml(state.config));
}

std::string describe_differences(const LoadedCheckpoint& first_one,
                                 const LoadedCheckpoint& second_one) {
  const TrainingState& first = first_one.state;
  const TrainingState& second = second_one.state;
  Differences differences;
  const auto first_fields = fields_that_must_match(first.config);
  const auto second_fields = fields_that_must_match(second.config);
  for (std::size_t i = 0; i < first_fields.size(); ++i) {
    differences.compare("config/" + first_fields[i].first, first_fields[i].second,
                        second_fields[i].second);
  }
  for (std::size_t i = 0; i < kDataFileNames.size(); ++i) {
    differences.compare("data/" + std::string(kDataFileNames[i]), first.data.digests[i],
                        second.data.digests[i]);
  }
  differences.compare("progress/step", first.progress.step, second.progress.step);
  differences.compare("progress/epoch", first.progress.epoch, second.progress.epoch);
  if (first.layout.size() == second.layout.size() &&
      first.config.network == second.config.network) {
    differences.compare_blocks("model", first.layout, first.parameters, second.parameters);
    differences.compare_blocks("optimizer", first.layout, first.velocity, second.velocity);
  }
  differences.compare_histories(first.history, second.history);
  differences.compare_calibrations(first_one.calibration, second_one.calibration);
  return differences.text();
}

}  // namespace tally
