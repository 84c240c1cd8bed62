// SPDX-License-Identifier: MIT
#include "status/run_group.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "tally/core/csv.hpp"
#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/io/posix_file.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

std::string folder_text(const fs::path& folder) {
  return folder.empty() ? "." : folder.string();
}

std::vector<fs::path> runs_in_folder(const fs::path& folder) {
  std::vector<fs::path> runs = entries_of(folder, ExitCode::kUsage);
  std::error_code error;
  std::erase_if(runs, [&](const fs::path& entry) {
    return !fs::is_directory(entry, error) || !is_run(entry);
  });
  std::ranges::sort(runs);
  return runs;
}

// A table may name anything: only entries of its own folder are looked at.
std::vector<fs::path> runs_in_table(const fs::path& table) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 20;
  const auto bytes = read_file(table, kMostBytes, ExitCode::kUsage);
  const auto rows = csv_rows(text_view(bytes), table.string());
  const auto column = rows.empty() ? 0 : std::ranges::find(rows[0], "run") - rows[0].begin();
  require(!rows.empty() && column < std::ssize(rows[0]), ExitCode::kUsage,
          "{}: expected the sweep.csv of a sweep, with a column \"run\"", table.string());
  std::vector<fs::path> runs;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::string name =
        column < std::ssize(rows[i]) ? rows[i][static_cast<std::size_t>(column)] : "";
    require(!name.empty() && name.find('/') == std::string::npos && !name.starts_with('.'),
            ExitCode::kUsage, "{}: expected the name of a run directory in line {}, got \"{}\"",
            table.string(), i + 1, printable(name));
    runs.push_back(table.parent_path() / name);
  }
  return runs;
}

// Of a table, and then what else there is: a table is as old as the last task that has ended.
RunGroup sweep_of(const fs::path& path) {
  std::error_code error;
  const bool is_folder = fs::is_directory(path, error);
  const fs::path folder = is_folder ? path : path.parent_path();
  RunGroup group;
  group.sweep = folder_text(folder);
  std::vector<fs::path> runs;
  if (!is_folder) {
    runs = runs_in_table(path);
  } else if (fs::exists(path / "sweep.csv", error)) {
    try {
      runs = runs_in_table(path / "sweep.csv");
    } catch (const Error& damage) {
      group.problems.emplace_back(damage.what());
    }
  }
  const std::set<fs::path> in_table(runs.begin(), runs.end());
  for (const fs::path& found : runs_in_folder(group.sweep)) {
    const fs::path run = folder / found.filename();
    if (!in_table.contains(run)) runs.push_back(run);
  }
  for (const fs::path& run : runs) group.runs.push_back(summarize(run));
  rank_by_validation(group);
  return group;
}

// A job that waits in the queue has not made its directory yet, or nothing in it.
RunSummary run_without_files(const fs::path& path) {
  std::error_code error;
  RunSummary run = summarize(path);
  if (!fs::exists(path, error)) {
    run.reason = "there is no such run";
    run.problems = {printable(path.string()) + ": there is no such run"};
  } else if (run.owner.empty()) {
    run.problems.push_back(printable(path.string()) +
                           ": expected a run directory, or a folder of run directories");
  }
  return run;
}

// A file that is no table of a sweep.
RunSummary no_run(const fs::path& path, const std::string& problem) {
  RunSummary run;
  run.directory = path;
  run.condition = RunCondition::kUnknown;
  run.reason = problem;
  run.problems = {problem};
  return run;
}

}  // namespace

std::vector<RunGroup> find_runs(const std::vector<std::string>& paths) {
  std::vector<RunGroup> groups;
  RunGroup single;
  for (const std::string& text : paths) {
    const fs::path path(text);
    std::error_code error;
    if (fs::is_directory(path, error) && is_run(path)) {
      single.runs.push_back(summarize(path));
      continue;
    }
    RunGroup sweep;
    try {
      if (fs::exists(path, error)) sweep = sweep_of(path);
    } catch (const Error& damage) {
      single.runs.push_back(no_run(path, damage.what()));
      continue;
    }
    if (sweep.runs.empty()) {
      single.runs.push_back(run_without_files(path));
      std::ranges::copy(sweep.problems, std::back_inserter(single.problems));
    } else {
      groups.push_back(std::move(sweep));
    }
  }
  if (!single.runs.empty()) groups.insert(groups.begin(), std::move(single));
  return groups;
}

void rank_by_validation(RunGroup& group) {
  const auto unranked = std::stable_partition(group.runs.begin(), group.runs.end(), is_choosable);
  std::stable_sort(group.runs.begin(), unranked, is_better);
  group.ranked = static_cast<std::size_t>(unranked - group.runs.begin());
}

}  // namespace tally
