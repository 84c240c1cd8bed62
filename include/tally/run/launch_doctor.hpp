// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/run/findings.hpp"
#include "tally/run/launch_facts.hpp"
#include "tally/run/launch_options.hpp"

// tally-train --doctor: looks at a launch as a training would, says what it finds, and trains
// nothing.
namespace tally {

/// A line per rank: host, processors, threads, memory.
std::string rank_table(const LaunchFacts& facts);

/// All findings and their number.
std::string to_text(const Findings& findings);

/// Prints both on rank 0. Returns kDone without errors, else kUsage. Leaves nothing behind.
/// Collective: every rank must call.
ExitCode diagnose(const Communicator& communicator, const LaunchOptions& options);

}  // namespace tally
