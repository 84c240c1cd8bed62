// SPDX-License-Identifier: MIT
#include "tally/run/launch_options.hpp"

#include <ctime>

#include <fmt/chrono.h>

#include "tally/core/error.hpp"
#include "tally/io/config_file.hpp"

namespace tally {

LaunchOverrides launch_overrides(const LaunchOptions& options) {
  LaunchOverrides result;
  if (!options.config_file.empty()) {
    const std::string toml = read_toml_file(options.config_file);
    for (Override& option : overrides_in_toml(toml, options.config_file)) {
      if (option.name == "preset") {
        result.preset = option.text;
      } else {
        result.fields.push_back(std::move(option));
      }
    }
  }
  if (!options.preset.empty()) result.preset = options.preset;
  result.fields.insert(result.fields.end(), options.overrides.begin(), options.overrides.end());
  return result;
}

std::string run_directory(const LaunchOptions& options, const LaunchOverrides& overrides) {
  std::string directory;
  for (const Override& option : overrides.fields) {
    if (option.name == "run-dir") directory = option.text;
  }
  require(!options.resume || !directory.empty(), ExitCode::kUsage,
          "--resume: expected --run-dir DIR, the run to continue");
  if (!directory.empty()) return directory;
  const std::time_t now = std::time(nullptr);
  std::tm date{};
  ::localtime_r(&now, &date);
  return fmt::format("runs/{:%Y%m%d-%H%M%S}", date);
}

RunConfig resumed_config(const RunConfig& stored, const LaunchOverrides& overrides) {
  Overrides all = overrides.preset.empty() ? Overrides{} : preset_fields(overrides.preset);
  all.insert(all.end(), overrides.fields.begin(), overrides.fields.end());
  return resumed(stored, all);
}

RunConfig fresh_config(const LaunchOverrides& overrides) {
  RunConfig config = overrides.preset.empty() ? RunConfig{} : preset(overrides.preset);
  overwrite(config, overrides.fields);
  resolve(config);
  return config;
}

}  // namespace tally
