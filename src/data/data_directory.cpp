// SPDX-License-Identifier: MIT
#include "tally/data/data_directory.hpp"

#include <vector>

#include <fmt/ranges.h>

#include "tally/core/error.hpp"
#include "tally/core/program_path.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

// <prefix>/share/tally/data for a program in <prefix>/bin, unless they were configured elsewhere.
fs::path installed_data() {
  return (program_path().parent_path() / TALLY_DATA_FROM_PROGRAMS).lexically_normal();
}

}  // namespace

fs::path data_directory(const std::string& asked) {
  if (!asked.empty()) return asked;
  std::vector<std::string> tried;
  for (const fs::path& base : {fs::path("data"), installed_data()}) {
    for (const char* name : {"mnist", "digits"}) {
      if (fs::is_directory(base / name)) return base / name;
      tried.push_back((base / name).string());
    }
  }
  fail(ExitCode::kUsage, "--data: expected a directory, and none of the default ones exists: {}",
       fmt::join(tried, ", "));
}

}  // namespace tally
