// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tally/nn/shape.hpp"
#include "tally/run/launch_options.hpp"

namespace tally {

/// A warning, with the reason, for each value that is allowed and yet can hardly be meant: with it
/// nothing is learnt, or nothing that lasts. `steps` is the length of the run, if it is known.
std::vector<std::string> recipe_doubts(const LaunchOverrides& overrides, const RunConfig& config,
                                       std::optional<std::int64_t> steps);

/// A warning of a batch size that is given, and larger than an epoch of `samples` training samples.
std::optional<std::string> batch_doubt(const LaunchOverrides& overrides, const RunConfig& config,
                                       std::int64_t samples);

/// A warning of batch normalization that has one number in a micro-batch to tell a variance from.
std::optional<std::string> normalization_doubt(const RunConfig& config, Shape image);

/// The steps of a run of `samples` training samples in each epoch.
std::int64_t run_steps(const RunConfig& config, std::int64_t samples);

}  // namespace tally
