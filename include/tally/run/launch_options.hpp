// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/state/overrides.hpp"

namespace tally {

/// What was said when a training was launched.
struct LaunchOptions {
  Overrides overrides;  ///< fields of RunConfig, from the command line
  std::string preset;
  std::string config_file;  ///< TOML; the command line overrides it
  std::string dump_order;   ///< CSV file; empty: none
  bool resume = false;
  bool profile = false;
  bool doctor = false;         ///< look at the launch, and train nothing
  bool check = false;          ///< look at what is to be launched, and train nothing
  bool oversubscribe = false;  ///< more threads than cores are meant
};

/// All given fields in the order in which they apply, and the preset if one is named anywhere.
/// Reads the configuration file.
struct LaunchOverrides {
  std::string preset;
  Overrides fields;
};
LaunchOverrides launch_overrides(const LaunchOptions& options);

/// Where the run is kept: --run-dir, else a directory named by the time. Throws an Error if a run
/// is to be resumed, and none is named.
std::string run_directory(const LaunchOptions& options, const LaunchOverrides& overrides);

/// The configuration of a run that goes on. A preset stands for its fields that may not change.
RunConfig resumed_config(const RunConfig& stored, const LaunchOverrides& overrides);

/// The configuration of a fresh run: command line > file > preset > default. Throws an Error.
RunConfig fresh_config(const LaunchOverrides& overrides);

}  // namespace tally
