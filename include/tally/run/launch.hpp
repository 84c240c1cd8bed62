// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "tally/run/launch_options.hpp"
#include "tally/train/stop_request.hpp"
#include "tally/train/watchdog.hpp"

namespace tally {

/// What a launch brings along: one per process, made before anything that may take time, so that a
/// signal is noted and --max-time counts from the start.
struct Launch {
  const Communicator& communicator;
  Heartbeat& heartbeat;
  Watchdog& watchdog;
  StopRequest& signals;
  std::chrono::steady_clock::time_point started;
};

/// Opens the run that `options` describe, refuses what cannot go well, and trains it to its end.
/// Collective: every rank must call.
ExitCode run_training(const Launch& launch, const LaunchOptions& options);

}  // namespace tally
