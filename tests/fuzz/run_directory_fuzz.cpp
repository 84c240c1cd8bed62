// SPDX-License-Identifier: MIT
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "fuzzing.hpp"
#include "status/report.hpp"
#include "tally/io/run_lock.hpp"
#include "tally/io/run_status.hpp"

// The small files of a run directory, as tally-status reads them, and the lock as the next run
// takes it. An input is: which of the files are there; their contents, each up to a separator.
namespace tally {
namespace {

namespace fs = std::filesystem;

constexpr char kSeparator = '\x1c';
constexpr std::array<const char*, 7> kFiles = {"run.status", "run.lock",    "job.restarts",
                                               kRefusalFile, "metrics.csv", "steps.csv",
                                               "config.toml"};

/// In memory, where there is such a file system; removed at the end.
class RunFiles {
 public:
  RunFiles() {
    std::string name =
        fs::exists("/dev/shm") ? "/dev/shm/tally-fuzz-XXXXXX" : "/tmp/tally-fuzz-XXXXXX";
    check(::mkdtemp(name.data()) != nullptr, "a directory of its own");
    directory_ = fs::path(name) / kHostile;
    fs::create_directory(directory_);
  }
  ~RunFiles() { fs::remove_all(directory_.parent_path()); }
  RunFiles(const RunFiles&) = delete;
  RunFiles& operator=(const RunFiles&) = delete;

  [[nodiscard]] const fs::path& directory() const { return directory_; }
  void write(const char* name, std::string_view text) const {
    std::ofstream(directory_ / name, std::ios::binary) << text;
  }
  void remove(const char* name) const { fs::remove(directory_ / name); }

 private:
  fs::path directory_;
};

const RunFiles& files() {
  static const RunFiles kOne;
  return kOne;
}

std::string_view take_piece(std::string_view& text) {
  const std::size_t end = std::min(text.find(kSeparator), text.size());
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return piece;
}

void check_table(const RunGroup& group) {
  const std::string table = to_table(group);
  check(std::ranges::count(table, '\n') == 2, "a line of names and one of the run", table);
  check(printable_lines(table) == table, "lines of printable characters", table);
}

void check_json(const RunGroup& group) {
  const std::string line = to_json_lines(group);
  check(line.ends_with('\n') && printable_line(line.substr(0, line.size() - 1)) + '\n' == line,
        "one line of printable characters", line);
  const auto read = nlohmann::json::parse(line, nullptr, false);
  check(read.is_object(), "an object", line);
  check(read["step"] == group.runs[0].step && read["state"] == name_of(group.runs[0].condition),
        "the same as in the table", line);
}

void look_at_run() {
  const ProcessorTimeLimit limit;
  RunGroup group;
  group.runs.push_back(summarize(files().directory()));
  const RunSummary& run = group.runs[0];
  check(run.step >= 0 && run.epoch >= 0, "nothing negative");
  check(run.condition != RunCondition::kRunning || run.reason == kRunning,
        "no run that is under way without one that says so");
  for (const std::string& problem : run.problems) {
    check(problem.find(kHostile) != std::string::npos, "a problem with a name", problem);
    check(printable_line(problem) == problem, "printable characters", problem);
  }
  check_table(group);
  check_json(group);
}

/// Whatever the lock file holds, nobody holds the lock, so a run takes it; until it finds there
/// what somebody else has written since.
void take_lock(std::string_view text) {
  const fs::path path = files().directory() / "run.lock";
  {
    const RunLock lock(path, std::chrono::seconds(0));
    lock.require_ownership();
    check(look_at_lock(path).owner.starts_with("host "), "the owner's host");
    files().write("run.lock", text);
    check(!accepts(ExitCode::kInUse, kHostile, [&] { lock.require_ownership(); }),
          "another run that has taken over");
  }
  check(look_at_lock(path).owner == text.substr(0, text.find('\n')),
        "the lock of another run kept");
}

void read_run(Input input) {
  const unsigned present = input.byte();
  const std::string contents = input.text(input.rest().size());
  std::string_view rest = contents;
  std::string_view lock;
  for (std::size_t i = 0; i < kFiles.size(); ++i) {
    const std::string_view piece = take_piece(rest);
    if (i == 1) lock = piece;
    if ((present >> i & 1) != 0) {
      files().write(kFiles[i], piece);
    } else {
      files().remove(kFiles[i]);
    }
  }
  look_at_run();
  take_lock(lock);
}

}  // namespace
}  // namespace tally

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::read_run({data, size});
  return 0;
}
