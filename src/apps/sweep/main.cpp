// SPDX-License-Identifier: MIT
// tally-sweep: which runs a sweep has, and what has become of them.
#include "common/tool.hpp"
#include "sweep/plan.hpp"
#include "sweep/table.hpp"

namespace tally {
namespace {

struct SweepOptions {
  std::vector<std::string> words;
  std::string directory;
  std::size_t number = 1;
};

ExitCode count(const SweepOptions& options) {
  fmt::print("{}\n", plan_sweep(options.words).tasks.size());
  return ExitCode::kDone;
}

ExitCode list(const SweepOptions& options) {
  const SweepPlan plan = plan_sweep(options.words);
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    fmt::print("{} {}", i + 1, plan.tasks[i].name);
    for (const std::string& word : command_line(plan.tasks[i])) fmt::print(" {}", word);
    fmt::print("\n");
  }
  return ExitCode::kDone;
}

ExitCode task(const SweepOptions& options) {
  const SweepPlan plan = plan_sweep(options.words);
  require(options.number >= 1 && options.number <= plan.tasks.size(), ExitCode::kUsage,
          "task {}: expected a number from 1 to {}", options.number, plan.tasks.size());
  const SweepTask& chosen = plan.tasks[options.number - 1];
  fmt::print("{}\n", chosen.name);
  for (const std::string& word : command_line(chosen)) fmt::print("{}\n", word);
  return ExitCode::kDone;
}

ExitCode table(const SweepOptions& options) {
  fmt::print("{}", write_sweep_tables(options.directory, plan_sweep(options.words)));
  return ExitCode::kDone;
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  CLI::App app(
      "Lists the runs of a sweep, and writes tables of their results. WHAT is "
      "OPTION=VALUE,VALUE,... (VALUE;VALUE;... for networks), or FILE.toml with a table [[run]] "
      "for each run, or FILE.csv with a line for each run. Several of them give every combination.",
      "tally-sweep");
  app.require_subcommand(1);
  tally::SweepOptions options;
  const auto add = [&](const char* name, const char* help) {
    return app.add_subcommand(name, help);
  };
  const auto add_words = [&](CLI::App* command) {
    command->add_option("what", options.words, "what to vary")->required()->type_name("WHAT");
    return command;
  };
  const CLI::App* count = add_words(add("count", "print the number of runs"));
  const CLI::App* list = add_words(add("list", "print a line per run: number, directory, options"));
  CLI::App* task = add("task", "print one run: its directory, then one option per line");
  task->add_option("number", options.number, "number of the run, from 1")
      ->required()
      ->type_name("N");
  add_words(task);
  CLI::App* table = add("table", "write sweep.csv, and seeds.csv if the seed is varied");
  table->add_option("directory", options.directory, "directory of the sweep, as given to --run-dir")
      ->required()
      ->type_name("DIR");
  add_words(table);
  return tally::run_tool(app, argc, argv, [&] {
    if (*count) return tally::count(options);
    if (*list) return tally::list(options);
    if (*task) return tally::task(options);
    return tally::table(options);
  });
}
