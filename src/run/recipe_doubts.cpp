// SPDX-License-Identifier: MIT
#include "tally/run/recipe_doubts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tally/core/text.hpp"
#include "tally/nn/layer_spec.hpp"
#include "tally/state/config_fields.hpp"

namespace tally {
namespace {

// Every recipe that is known to train has a hundredth of it at most.
constexpr double kLargeLearningRate = 10;

bool is_number(const std::string& name) {
  const RunConfig defaults;
  bool has_range = false;
  for_each_field(defaults, [&](const Field& field, const auto& /*value*/) {
    if (field.name == name) has_range = field.greatest > 0;
  });
  return has_range;
}

// All numbers of a configuration are at least 0, so a sign can only be that of -0.
void doubt_signs(const LaunchOverrides& overrides, std::vector<std::string>& doubts) {
  for (const Override& option : overrides.fields) {
    if (!option.text.starts_with('-') || !is_number(option.name)) continue;
    doubts.push_back(
        fmt::format("{}: got \"{}\", which is taken as 0", option.origin, option.text));
  }
}

void doubt_length(const RunConfig& config, std::vector<std::string>& doubts) {
  if (config.epochs > 0 && config.max_steps != 0) return;
  doubts.push_back(fmt::format("--{} 0: nothing is trained, only the initial state is saved",
                               config.epochs == 0 ? "epochs" : "max-steps"));
}

void doubt_learning_rate(const RunConfig& config, std::vector<std::string>& doubts) {
  if (config.learning_rate == 0) {
    doubts.emplace_back("--learning-rate 0: no step changes a parameter, so nothing is learnt");
  } else if (config.learning_rate > kLargeLearningRate) {
    doubts.push_back(
        fmt::format("--learning-rate {}: steps of this length leave every minimum, and the loss "
                    "will hardly stay finite; expected 0.01 to 1 with most recipes",
                    config.learning_rate));
  }
}

void doubt_momentum(const RunConfig& config, std::vector<std::string>& doubts) {
  if (config.momentum < 1) return;
  doubts.push_back(
      fmt::format("--momentum {}: the velocity never decays, so all gradients since the first step "
                  "count alike and the training does not settle; expected less than 1, as 0.9",
                  config.momentum));
}

// The update is w -= learning_rate * weight_decay * w, and the gradient's part.
void doubt_weight_decay(const RunConfig& config, std::vector<std::string>& doubts) {
  // A learning rate that is doubted itself is no reason to doubt every decay.
  if (std::min(config.learning_rate, kLargeLearningRate) * config.weight_decay < 1) return;
  const double taken = config.learning_rate * config.weight_decay;
  doubts.push_back(fmt::format(
      "--weight-decay {}: with --learning-rate {} each step takes {:.3g} times a weight "
      "from it, so what was learnt is lost at once; expected far less than once",
      config.weight_decay, config.learning_rate, taken));
}

void doubt_schedule(const RunConfig& config, std::optional<std::int64_t> steps,
                    std::vector<std::string>& doubts) {
  if (config.schedule == ScheduleKind::kStep && config.step_factor == 0 &&
      config.step_epochs < config.epochs) {
    doubts.push_back(
        fmt::format("--step-factor 0: the learning rate is 0 after {}, so nothing more is learnt",
                    counted(config.step_epochs, "epoch")));
  }
  if (!steps || *steps == 0 || config.warmup_steps <= *steps) return;
  doubts.push_back(
      fmt::format("--warmup-steps {}: longer than the run of {}, so the learning rate never rises "
                  "to --learning-rate {}",
                  config.warmup_steps, counted(*steps, "step"), config.learning_rate));
}

void doubt_label_smoothing(const RunConfig& config, std::vector<std::string>& doubts) {
  if (config.label_smoothing == 0 || config.loss == LossKind::kSoftmaxCrossEntropy) return;
  doubts.emplace_back("--label-smoothing: changes nothing with --loss mse");
}

void doubt_augmentation(const LaunchOverrides& overrides, const RunConfig& config,
                        std::vector<std::string>& doubts) {
  if (!config.augment.is_empty()) return;
  for (const Override& option : overrides.fields) {
    if (!option.name.starts_with("augment-")) continue;
    doubts.push_back(fmt::format("{}: changes nothing without --augment", option.origin));
  }
}

}  // namespace

std::vector<std::string> recipe_doubts(const LaunchOverrides& overrides, const RunConfig& config,
                                       std::optional<std::int64_t> steps) {
  std::vector<std::string> doubts;
  doubt_signs(overrides, doubts);
  doubt_length(config, doubts);
  doubt_learning_rate(config, doubts);
  doubt_momentum(config, doubts);
  doubt_weight_decay(config, doubts);
  doubt_label_smoothing(config, doubts);
  doubt_augmentation(overrides, config, doubts);
  doubt_schedule(config, steps ? steps : config.max_steps, doubts);
  return doubts;
}

std::optional<std::string> batch_doubt(const LaunchOverrides& overrides, const RunConfig& config,
                                       std::int64_t samples) {
  const bool is_given =
      std::ranges::find(overrides.fields, "batch-size", &Override::name) != overrides.fields.end();
  if (!is_given || config.batch_size <= samples) return std::nullopt;
  return fmt::format("--batch-size {}: larger than the {}, so an epoch is one step on all of them",
                     config.batch_size, counted(samples, "training image"));
}

std::optional<std::string> normalization_doubt(const RunConfig& config, Shape image) {
  for (const LayerSpec& layer : parse_layers(config.network, image)) {
    const Index numbers = layer.input.height * layer.input.width * config.micro_batch.value;
    if (!std::holds_alternative<BatchNormSpec>(layer.kind) || numbers > 1) continue;
    return fmt::format(
        "--micro-batch {}: batch-norm sees one number of each channel at a time, which has no "
        "variance, so it normalizes nothing; choose a larger one, and a --batch-size that it "
        "divides",
        config.micro_batch.value);
  }
  return std::nullopt;
}

std::int64_t run_steps(const RunConfig& config, std::int64_t samples) {
  const std::int64_t of_epoch = (samples + config.batch_size - 1) / config.batch_size;
  const std::int64_t all = config.epochs * of_epoch;
  return std::min(all, config.max_steps.value_or(all));
}

}  // namespace tally
