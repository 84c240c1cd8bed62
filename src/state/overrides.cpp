// SPDX-License-Identifier: MIT
#include "tally/state/overrides.hpp"

#include <fmt/format.h>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/state/config_fields.hpp"
#include "tally/state/config_text.hpp"

namespace tally {
namespace {

void overwrite(RunConfig& config, const Override& option) {
  bool is_known = false;
  for_each_field(config, [&](const Field& field, auto& value) {
    if (field.name != option.name) return;
    is_known = true;
    from_text({field, option.origin, option.text}, value);
  });
  require(is_known, ExitCode::kUsage, "{}: there is no such option; see tally-train --help",
          option.origin);
}

std::string text_of(const RunConfig& config, std::string_view name) {
  std::string text;
  for_each_field(config, [&](const Field& field, const auto& value) {
    if (field.name == name) text = to_text(value);
  });
  return text;
}

OnResume on_resume(const RunConfig& config, std::string_view name) {
  OnResume rule = OnResume::kMustMatch;
  for_each_field(config, [&](const Field& field, const auto& /*value*/) {
    if (field.name == name) rule = field.on_resume;
  });
  return rule;
}

}  // namespace

RunConfig preset(std::string_view name) {
  require(name == "paper" || name == "fast" || name == "cnn" || name == "cnn-norm",
          ExitCode::kUsage, "--preset: expected paper, fast, cnn or cnn-norm, got \"{}\"",
          printable(name));
  RunConfig config;
  if (name == "fast") {
    config.epochs = 3;
    return config;
  }
  if (name == "cnn" || name == "cnn-norm") {
    config.network =
        "conv:16@5x5,relu,max-pool:2,conv:32@5x5,relu,max-pool:2,dense:128,relu,dense:10";
    config.batch_size = 64;
    config.epochs = 2;
    config.learning_rate = 0.1;
    config.nesterov = true;
    if (name == "cnn-norm") {
      config.network =
          "conv:16@5x5,batch-norm,relu,max-pool:2,conv:32@3x3,batch-norm,relu,"
          "conv:48@3x3,batch-norm,relu,max-pool:2,dense:128,relu,dense:10";
      config.epochs = 4;
    }
    return config;
  }
  config.network = "dense:100,tanh,dense:50,tanh,dense:10,tanh";
  config.initializer = Initializer::kUniform;
  config.loss = LossKind::kMeanSquaredError;
  config.train_limit = 2000;
  config.batch_size = 1;
  config.epochs = 50;
  config.learning_rate = 0.1;
  config.momentum = 0;
  config.weight_decay = 0;
  config.schedule = ScheduleKind::kConstant;
  config.order = SampleOrder::kSequential;
  return config;
}

Overrides preset_fields(std::string_view name) {
  const RunConfig defaults;
  const RunConfig recipe = preset(name);
  Overrides fields;
  for_each_field(recipe, [&](const Field& field, const auto& value) {
    const std::string text = to_text(value);
    if (field.on_resume == OnResume::kMayChange || text == text_of(defaults, field.name)) return;
    fields.push_back(
        {std::string(field.name), text, fmt::format("--preset {}: {}", name, field.name)});
  });
  return fields;
}

void overwrite(RunConfig& config, const Overrides& overrides) {
  for (const Override& option : overrides) overwrite(config, option);
}

RunConfig resumed(const RunConfig& stored, const Overrides& overrides) {
  RunConfig config = stored;
  overwrite(config, overrides);
  if (config.micro_batch.value == 0) resolve(config);  // "auto" is what it was at the start
  for (const Override& option : overrides) {
    const std::string before = text_of(stored, option.name);
    const std::string now = text_of(config, option.name);
    require(before == now || on_resume(stored, option.name) == OnResume::kMayChange,
            ExitCode::kUsage,
            "{}: this run was started with {}, got {}; leave it out to continue, or start another "
            "run with another --run-dir",
            option.origin, printable(before), printable(now));
  }
  require(config.epochs == stored.epochs || !depends_on_length(config.schedule), ExitCode::kUsage,
          "--epochs: expected {} as this run was started, got {}; its {} schedule depends on the "
          "length of the run, so other learning rates would have been used from the first step; to "
          "stop earlier use --max-steps",
          stored.epochs, config.epochs, to_text(config.schedule));
  require(config.epochs == stored.epochs || config.augment.is_empty() ||
              config.augment_strength.phases.size() == 1,
          ExitCode::kUsage,
          "--epochs: expected {} as this run was started, got {}; the phases of its "
          "--augment-strength depend on the length of the run; to stop earlier use --max-steps",
          stored.epochs, config.epochs);
  return config;
}

}  // namespace tally
