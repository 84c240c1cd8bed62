// SPDX-License-Identifier: MIT
#include "tally/run/launch_options.hpp"

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

RunConfig fresh_config(const GivenFields& given) {
  RunConfig config = given.preset.empty() ? RunConfig{} : preset(given.preset);
  overwrite(config, given.fields);
  resolve(config);
  return config;
}

}  // namespace tally
