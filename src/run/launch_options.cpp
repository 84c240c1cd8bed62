// SPDX-License-Identifier: MIT
#include "tally/run/launch_options.hpp"

#include "tally/io/config_file.hpp"
#include "tally/io/posix_file.hpp"

namespace tally {
namespace {

constexpr std::size_t kMaxConfigBytes = 1 << 20;

GivenOptions read_config_file(const std::string& path) {
  const auto bytes = read_file(path, kMaxConfigBytes, ExitCode::kUsage);
  return given_in_toml({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

}  // namespace

GivenFields given_fields(const LaunchOptions& options) {
  GivenFields result;
  if (!options.config_file.empty()) {
    for (GivenOption& option : read_config_file(options.config_file)) {
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

RunConfig fresh_config(const LaunchOptions& options) {
  const GivenFields given = given_fields(options);
  RunConfig config = given.preset.empty() ? RunConfig{} : preset(given.preset);
  overwrite(config, given.fields);
  resolve(config);
  return config;
}

}  // namespace tally
