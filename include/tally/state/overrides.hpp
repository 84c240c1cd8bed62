// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tally/state/run_config.hpp"

// How a configuration comes about: command line > file > preset > default, or, for a resumed run,
// what its checkpoint holds.
namespace tally {

/// One option as somebody gave it.
struct Override {
  std::string name;    ///< "batch-size"
  std::string text;    ///< "128"
  std::string origin;  ///< where it was given, for messages: "--batch-size", "my.toml: batch-size"
};
using Overrides = std::vector<Override>;

/// The recipe of that name over the defaults. "paper": the network and training of the paper that
/// Tally grew from; "fast": the default recipe in 3 epochs; "cnn": two convolutions with max pools,
/// in 2 epochs; "cnn-norm": three with batch norm, in 4 epochs. Throws an Error that names the
/// known ones.
RunConfig preset(std::string_view name);

/// The fields in which a preset differs from the defaults, but for those that may change on resume:
/// what somebody means who names it when a run continues.
Overrides preset_fields(std::string_view name);

/// Overwrites the fields that were given, later ones last. Throws an Error for a name that is no
/// field or a text that is no value of it.
void overwrite(RunConfig& config, const Overrides& overrides);

/// The configuration of a run that continues: that of its checkpoint, with the given fields that
/// may change. Throws an Error naming the first given field that differs and may not, and for
/// another number of epochs under a schedule that depends on it.
RunConfig resumed(const RunConfig& stored, const Overrides& overrides);

}  // namespace tally
