// SPDX-License-Identifier: MIT
#include "tally/run/launch_options.hpp"

#include <ctime>

#include <fmt/chrono.h>

#include "tally/core/error.hpp"
#include "tally/io/config_file.hpp"

namespace tally {

GivenFields given_fields(const LaunchOptions& options) {
  GivenFields result;
  if (!options.config_file.empty()) {
    const std::string toml = read_toml_file(options.config_file);
    for (GivenOption& option : given_in_toml(toml, options.config_file)) {
      if (option.name == "preset") {
        result.preset = option.text;
      } else {
        result.fields.push_back(std::move(option));
      }
    }
  }
  if (!options.preset.empty()) result.preset = options.preset;
  result.fields.insert(result.fields.end(), options.given.begin(), options.given.end());
  return result;
}

std::string run_directory(const LaunchOptions& options, const GivenFields& given) {
  std::string directory;
  for (const GivenOption& option : given.fields) {
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

RunConfig resumed_config(const RunConfig& stored, const GivenFields& given) {
  GivenOptions all = given.preset.empty() ? GivenOptions{} : preset_fields(given.preset);
  all.insert(all.end(), given.fields.begin(), given.fields.end());
  return resumed(stored, all);
}

RunConfig fresh_config(const GivenFields& given) {
  RunConfig config = given.preset.empty() ? RunConfig{} : preset(given.preset);
  overwrite(config, given.fields);
  resolve(config);
  return config;
}

}  // namespace tally
