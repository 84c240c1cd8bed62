// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "tally/core/error.hpp"
#include "tally/state/config_fields.hpp"
#include "tally/state/config_text.hpp"
#include "tally/state/overrides.hpp"

namespace tally {

/// The message of the Error that `work` throws, with its exit code in front: "exit 2: ...".
template <typename Work>
std::string failure_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return fmt::format("exit {}: {}", static_cast<int>(error.exit_code()), error.what());
  }
  return "no failure";
}

inline const RunConfig kDefaults;

using Texts = std::map<std::string, std::string>;

/// Every field of a configuration as text.
inline Texts texts_of(const RunConfig& config) {
  Texts texts;
  for_each_field(config, [&](const Field& field, const auto& value) {
    texts[std::string(field.name)] = to_text(value);
  });
  return texts;
}

/// For every field a valid text that is not its default, and together no contradiction.
inline Texts other_texts() {
  return {{"data", "/data/\"digits\"\\\n\tof \xC3\xA9t\xC3\xA9 = # '"},
          {"train-limit", "1234"},
          {"validation", "56"},
          {"run-dir", "runs/b"},
          {"network", "dense:30,relu,dense:10"},
          {"initializer", "he"},
          {"loss", "mse"},
          {"label-smoothing", "0.125"},
          {"batch-size", "48"},
          {"micro-batch", "16"},
          {"epochs", "7"},
          {"max-steps", "1000000000000000000"},
          {"learning-rate", "0.30000000000000004"},
          {"momentum", "0.5"},
          {"nesterov", "true"},
          {"weight-decay", "5e-324"},
          {"decay", "all"},
          {"schedule", "step"},
          {"step-epochs", "3"},
          {"step-factor", "0.25"},
          {"warmup-steps", "9"},
          {"augment", "affine,stroke"},
          {"augment-strength", "1@0.6,0.5@0.85,0.25"},
          {"augment-copies", "20"},
          {"order", "sequential"},
          {"seed", "18446744073709551615"},
          {"checkpoint-every", "500steps"},
          {"keep", "8"},
          {"max-time", "100:59:01"},
          {"stall-timeout", "0"},
          {"threads", "4"},
          {"reduction", "mpi"},
          {"log-every", "10"},
          {"quiet", "true"}};
}

inline Overrides overrides(const Texts& texts) {
  Overrides options;
  for (const auto& [name, text] : texts) options.push_back({name, text, "--" + name});
  return options;
}

/// A configuration in which no field has its default.
inline RunConfig other_config() {
  RunConfig config;
  overwrite(config, overrides(other_texts()));
  return config;
}

}  // namespace tally
