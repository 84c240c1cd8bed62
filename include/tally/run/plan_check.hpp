// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/core/error.hpp"
#include "tally/run/findings.hpp"
#include "tally/run/launch_options.hpp"

// tally-train --check: what can be known of a training before it is launched, without MPI, as on
// the login node of a cluster.
namespace tally {

/// That of the run as it would be started: fresh, or as it was stored. Makes nothing.
/// Adds warnings for what can hardly be meant.
RunConfig planned_config(const LaunchOptions& options, Findings& findings);

struct PlanReport {
  std::string text;  ///< for people, and "micro-batches: N" for scripts
  ExitCode exit_code = ExitCode::kDone;
};

/// Looks at options, data, network and run directory, and leaves nothing behind. The exit code is
/// kUsage if there is an error. Throws an Error for options that make no configuration.
PlanReport check_plan(const LaunchOptions& options);

}  // namespace tally
