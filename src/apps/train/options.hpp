// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tally/run/launch_options.hpp"

namespace tally {

/// What --stall-timeout says, before the command line is parsed: ranks may freeze earlier. A wrong
/// value is refused later.
std::chrono::seconds given_stall_timeout(int argc, char** argv);

/// The command line of tally-train: one option per field of a RunConfig, and those of the launch.
class TrainOptions {
 public:
  explicit TrainOptions(CLI::App& app);

  /// What was given, once the command line is parsed.
  [[nodiscard]] LaunchOptions launch() const;
  [[nodiscard]] bool dump_config() const { return dump_config_; }
  [[nodiscard]] bool describe() const { return describe_; }

 private:
  struct FieldOption {
    std::string name;
    std::string text;
    bool is_switch = false;
    bool is_set = false;  // of a switch
    CLI::Option* option = nullptr;
  };

  LaunchOptions launch_;
  bool dump_config_ = false;
  bool describe_ = false;
  std::vector<std::unique_ptr<FieldOption>> fields_;
};

}  // namespace tally
