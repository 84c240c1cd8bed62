// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "tally/run/findings.hpp"
#include "tally/run/launch_facts.hpp"

// Judges how a job was launched. Pure functions: the same facts, the same findings.
namespace tally {

/// Of what gather_ranks() has found out.
void check_ranks(const LaunchFacts& facts, Findings& findings);

/// Of what gather_work() has added.
void check_work(const LaunchFacts& facts, Findings& findings);

/// Of a network's outputs and the classes in the data, which are not more.
void check_classes(std::int64_t outputs, std::int64_t classes, Findings& findings);

/// Of what gather_directory() has added.
void check_directory(const LaunchFacts& facts, Findings& findings);

}  // namespace tally
