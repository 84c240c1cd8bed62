// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tally/state/overrides.hpp"

namespace tally {

/// Options that are given together, one set of them for each run.
using SweepChoices = std::vector<Overrides>;

/// What one word of a sweep lets choose from: the values of OPTION=VALUE,VALUE,..., or the runs of
/// a file of configurations. `name` among the options is the name of a directory. Names and values
/// are as they were written. Throws an Error (ExitCode::kUsage).
SweepChoices choices_of(const std::string& word);

}  // namespace tally
