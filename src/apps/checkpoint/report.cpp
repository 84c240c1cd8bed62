// SPDX-License-Identifier: MIT
#include "checkpoint/report.hpp"

#include <algorithm>
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

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
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

std::string describe_differences(const TrainingState& first, const TrainingState& second) {
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
  return differences.text();
}

}  // namespace tally
