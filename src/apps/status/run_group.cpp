// SPDX-License-Identifier: MIT
#include "status/run_group.hpp"

#include <algorithm>

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
  constexpr std::size_t kMostBytes = std::size_t{1} << 26;
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

RunGroup sweep_of(const fs::path& path) {
  std::error_code error;
  const bool is_folder = fs::is_directory(path, error);
  RunGroup group;
  group.sweep = folder_text(is_folder ? path : path.parent_path());
  for (const fs::path& run : is_folder ? runs_in_folder(path) : runs_in_table(path)) {
    group.runs.push_back(summarize(run));
  }
  require(!group.runs.empty(), ExitCode::kUsage,
          "{}: expected a run directory, or a folder of run directories", path.string());
  rank_by_validation(group);
  return group;
}

}  // namespace

std::vector<RunGroup> find_runs(const std::vector<std::string>& paths) {
  std::vector<RunGroup> groups;
  RunGroup single;
  for (const std::string& text : paths) {
    const fs::path path(text);
    std::error_code error;
    require(fs::exists(path, error), ExitCode::kUsage, "{}: there is no such run", printable(text));
    if (fs::is_directory(path, error) && is_run(path)) {
      single.runs.push_back(summarize(path));
    } else {
      groups.push_back(sweep_of(path));
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
