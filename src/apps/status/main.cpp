// SPDX-License-Identifier: MIT
// tally-status: how far runs are, from their files alone.
#include <algorithm>
#include <chrono>
#include <thread>

#include <unistd.h>

#include "common/tool.hpp"
#include "status/report.hpp"

namespace tally {
namespace {

struct StatusOptions {
  std::vector<std::string> runs;
  bool json = false;
  bool watch = false;
  int every = 2;  ///< seconds
};

std::string text_of(const std::vector<RunGroup>& groups, bool as_json) {
  std::string text;
  for (const RunGroup& group : groups) {
    if (!text.empty() && !as_json) text += '\n';
    text += as_json ? to_json_lines(group) : to_table(group);
  }
  return text;
}

template <typename Condition>
bool all_runs(const std::vector<RunGroup>& groups, Condition&& holds_for) {
  return std::ranges::all_of(
      groups, [&](const RunGroup& group) { return std::ranges::all_of(group.runs, holds_for); });
}

bool has_ended(const RunSummary& run) {
  return run.condition == RunCondition::kDone || run.condition == RunCondition::kFailed ||
         run.condition == RunCondition::kRefused;
}

// A terminal shows the newest table alone, anything else each one that is new.
std::vector<RunGroup> watch(const StatusOptions& options) {
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  std::string shown;
  for (;;) {
    std::vector<RunGroup> groups = find_runs(options.runs);
    const std::string text = text_of(groups, options.json);
    if (text != shown) fmt::print("{}{}", is_terminal ? "\033[H\033[2J" : "", text);
    flush_output();
    if (all_runs(groups, has_ended)) return groups;
    shown = text;
    std::this_thread::sleep_for(std::chrono::seconds(options.every));
  }
}

std::vector<RunGroup> look(const StatusOptions& options) {
  if (options.watch) return watch(options);
  std::vector<RunGroup> groups = find_runs(options.runs);
  fmt::print("{}", text_of(groups, options.json));
  return groups;
}

ExitCode tell(const StatusOptions& options) {
  const std::vector<RunGroup> groups = look(options);
  flush_output();
  bool are_whole = true;
  for (const RunGroup& group : groups) {
    are_whole = are_whole && group.problems.empty();
    for (const std::string& problem : group.problems) print_error("tally-status", problem);
    for (const RunSummary& run : group.runs) {
      for (const std::string& problem : run.problems) print_error("tally-status", problem);
    }
  }
  are_whole =
      are_whole && all_runs(groups, [](const RunSummary& run) { return run.problems.empty(); });
  return are_whole ? ExitCode::kDone : ExitCode::kFailure;
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  CLI::App app(
      "Shows the progress of runs, one line each. It only reads their files, so it works on any "
      "host "
      "that sees them, while they run.",
      "tally-status");
  tally::StatusOptions options;
  app.add_option("runs", options.runs,
                 "a run directory; or a folder of them or its sweep.csv, ranked by validation")
      ->required()
      ->type_name("RUN");
  app.add_flag("--watch", options.watch, "repeat until all are done or have failed");
  app.add_option("--every", options.every, "seconds between updates")
      ->check(tally::number_between(1, 86400))
      ->capture_default_str()
      ->type_name("N");
  app.add_flag("--json", options.json, "print one line of JSON per run");
  return tally::run_tool(app, argc, argv, [&] { return tally::tell(options); });
}
