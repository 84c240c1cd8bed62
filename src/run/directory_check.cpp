// SPDX-License-Identifier: MIT
#include "tally/core/text.hpp"
#include "tally/run/launch_check.hpp"

namespace tally {
namespace {

void check_sight(const LaunchFacts& facts, Findings& findings) {
  const auto blind =
      facts.ranks_that([](const RankFacts& rank) { return !rank.sees_run_directory; });
  if (blind.empty()) return;
  findings.warning(
      "--run-dir {}: {} cannot see what rank 0 writes to it: a resume there would find no "
      "checkpoint; use a directory on a file system that all hosts share",
      facts.directory.path, facts.place_of(blind));
}

void check_room(const LaunchFacts& facts, Findings& findings) {
  const DirectoryFacts& directory = facts.directory;
  if (directory.free_bytes >= directory.needed_bytes) return;
  findings.warning(
      "--run-dir {}: {} are free, but the checkpoints of this run take up to {} more; make room, "
      "choose "
      "another --run-dir, or --keep fewer",
      directory.path, bytes_text(directory.free_bytes), bytes_text(directory.needed_bytes));
}

}  // namespace

void check_directory(const LaunchFacts& facts, Findings& findings) {
  if (!facts.directory.problem.empty()) {
    findings.error("{}", facts.directory.problem);
    return;
  }
  check_sight(facts, findings);
  check_room(facts, findings);
}

}  // namespace tally
