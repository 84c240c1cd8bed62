// SPDX-License-Identifier: MIT
#include "common/run_summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "common/table_end.hpp"
#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/io/config_file.hpp"
#include "tally/io/posix_file.hpp"
#include "tally/io/run_directory.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFileBytes = 1 << 16;
// Clients of a file system may not see each other's locks: then its files tell that a run lives.
constexpr std::time_t kFreshSeconds = 120;

constexpr std::array<std::string_view, 8> kNames = {"NEW",  "RUNNING", "STOPPED", "KILLED",
                                                    "DONE", "FAILED",  "REFUSED", "UNKNOWN"};
constexpr std::array<std::string_view, 8> kActions = {"start",   "wait",
                                                      "resume",  "resume",
                                                      "nothing", "mend, then resume",
                                                      "mend",    "look at its files"};

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

/// Reads the files of one run, each by itself.
class RunReader {
 public:
  explicit RunReader(const fs::path& directory) { run_.directory = directory; }

  RunSummary read() {
    attempt([&] { read_status(); });
    attempt([&] { read_metrics(); });
    attempt([&] { read_steps(); });
    attempt([&] { read_config(); });
    attempt([&] { read_owner(); });
    attempt([&] { read_refusal(); });
    judge();
    return std::move(run_);
  }

 private:
  template <typename Work>
  void attempt(Work&& work) {
    try {
      work();
    } catch (const std::exception& error) {
      run_.problems.emplace_back(error.what());
    }
  }

  [[nodiscard]] fs::path file(const char* name) const { return run_.directory / name; }

  // Nothing if there is no such file.
  [[nodiscard]] std::optional<std::string> text_of(const char* name) const {
    if (!is_there(file(name))) return std::nullopt;
    const auto bytes = read_unlinked_file(file(name), kMostFileBytes);
    return std::string(text_view(bytes));
  }

  void read_status() {
    const std::optional<std::string> text = text_of("run.status");
    if (!text) return;
    status_ = run_status_in(*text);
    require(status_.has_value(), ExitCode::kFailure,
            "{}: is damaged: expected DONE, RESUME or FAILED in its first line",
            file("run.status").string());
    run_.step = status_->step;
    run_.checkpoint = status_->checkpoint;
    run_.reason = status_->reason;
    run_.workers = status_->workers;
    run_.samples_per_second = status_->samples_per_second;
  }

  void reach(const TableRow& row) {
    constexpr double kMost = 9e15;
    const double step = number_in(row, "step").value_or(0);
    if (step > 0 && step < kMost) run_.step = std::max(run_.step, static_cast<std::int64_t>(step));
  }

  void read_metrics() {
    const TableRow row = last_row(file("metrics.csv"));
    const auto figure = [&](const std::string& column) {
      return number_in(row, column).value_or(std::numeric_limits<double>::quiet_NaN());
    };
    const auto figures = [&](const std::string& set) {
      return SetFigures{figure(set + "_loss"), figure(set + "_accuracy")};
    };
    run_.train = figures("train");
    run_.validation = figures("validation");
    run_.test = figures("test");
    const double epoch = number_in(row, "epoch").value_or(0);
    if (epoch > 0 && epoch < 1e9) run_.epoch = static_cast<std::int64_t>(epoch);
    reach(row);
  }

  void read_steps() { reach(last_row(file("steps.csv"))); }

  void read_config() {
    const std::optional<std::string> text = text_of("config.toml");
    if (!text) return;
    for (const Override& option : overrides_in_toml(*text, file("config.toml").string())) {
      std::int64_t number = 0;
      if (!parse_number(option.text, number)) continue;
      if (option.name == "epochs") run_.epochs = number;
      if (option.name == "max-steps") run_.max_steps = number;
    }
  }

  // The lock names its owner until that ends in good order; job scripts name theirs for good.
  void read_owner() {
    lock_ = look_at_lock(file("run.lock"));
    run_.owner = lock_.owner;
    if (!run_.owner.empty()) return;
    const std::string words = text_of("job.restarts").value_or("");
    const std::string job = words.substr(0, words.find(' '));
    if (!job.empty() && job != "none") run_.owner = "job " + job;
  }

  void read_refusal() {
    refusal_ = text_of(kRefusalFile);
    if (refusal_) *refusal_ = refusal_->substr(0, refusal_->find('\n'));
  }

  [[nodiscard]] bool says_running() const {
    return status_ && status_->state == RunState::kResume && status_->reason == kRunning;
  }

  [[nodiscard]] bool has_fresh_files() const {
    std::time_t newest = 0;
    for (const char* name : {"run.status", "metrics.csv", "steps.csv"}) {
      newest = std::max(newest, time_of(file(name)).value_or(0));
    }
    return std::time(nullptr) - newest < kFreshSeconds;
  }

  // Nobody may be somebody on another host, whose locks are not seen here.
  [[nodiscard]] bool is_held() const {
    if (lock_.holder == LockSight::Holder::kSomebody) return true;
    if (!says_running()) return false;
    const bool is_certain = lock_.holder == LockSight::Holder::kNobody &&
                            (lock_.owner.empty() || lock_.is_of_this_host);
    return !is_certain && has_fresh_files();
  }

  [[nodiscard]] RunCondition condition() const {
    if (is_held()) return RunCondition::kRunning;
    const bool is_done = status_ && status_->state == RunState::kDone;
    if (refusal_ && !is_done) return RunCondition::kRefused;
    const bool is_certain = lock_.holder != LockSight::Holder::kUnknown;
    if (!status_) {
      if (!run_.problems.empty() || !is_certain) return RunCondition::kUnknown;
      return lock_.owner.empty() ? RunCondition::kNew : RunCondition::kKilled;
    }
    if (is_done) return RunCondition::kDone;
    if (status_->state == RunState::kFailed) return RunCondition::kFailed;
    if (!says_running()) return RunCondition::kStopped;
    return is_certain ? RunCondition::kKilled : RunCondition::kUnknown;
  }

  void judge() {
    run_.condition = condition();
    switch (run_.condition) {
      case RunCondition::kRunning:
        run_.since = time_of(file("config.toml"));
        break;
      case RunCondition::kRefused:
        run_.reason = *refusal_;
        run_.since = time_of(file(kRefusalFile));
        break;
      case RunCondition::kKilled:
        run_.reason = "ended without a word";
        run_.since = time_of(file("run.status"));
        break;
      default:
        run_.since = time_of(file("run.status"));
    }
  }

  RunSummary run_;
  std::optional<RunStatus> status_;
  LockSight lock_;
  std::optional<std::string> refusal_;
};

}  // namespace

std::string_view name_of(RunCondition condition) {
  return kNames.at(static_cast<std::size_t>(condition));
}

// Numbers that have overflowed once do so again at each resume; the reason says what helps.
std::string_view next_action(const RunSummary& run) {
  constexpr std::string_view kAnother = "start another run";
  const bool is_lost = run.condition == RunCondition::kFailed &&
                       run.reason.find(fmt::format("; {}", kAnother)) != std::string::npos;
  return is_lost ? kAnother : kActions.at(static_cast<std::size_t>(run.condition));
}

std::string percent_text(double fraction) {
  return std::isnan(fraction) ? "-" : fmt::format("{:.2f} %", 100 * fraction);
}

std::string count_by_condition(const std::vector<RunSummary>& runs) {
  std::string text;
  for (const RunCondition condition :
       {RunCondition::kDone, RunCondition::kRunning, RunCondition::kStopped, RunCondition::kKilled,
        RunCondition::kFailed, RunCondition::kRefused, RunCondition::kNew,
        RunCondition::kUnknown}) {
    const auto count = std::ranges::count(runs, condition, &RunSummary::condition);
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name_of(condition));
  }
  return text;
}

bool is_choosable(const RunSummary& run) {
  return !std::isnan(run.validation.accuracy) && run.condition != RunCondition::kFailed &&
         run.condition != RunCondition::kRefused;
}

bool is_better(const RunSummary& a, const RunSummary& b) {
  if (a.validation.accuracy != b.validation.accuracy) {
    return a.validation.accuracy > b.validation.accuracy;
  }
  const auto loss = [](const RunSummary& run) {
    const double found = run.validation.loss;
    return std::isnan(found) ? std::numeric_limits<double>::infinity() : found;
  };
  return loss(a) < loss(b);
}

bool is_run(const fs::path& directory) {
  if (is_there(directory / "sweep.csv")) return false;
  constexpr std::array<const char*, 5> kFiles = {"run.status", "config.toml", "metrics.csv",
                                                 "run.lock", kRefusalFile};
  return std::ranges::any_of(kFiles, [&](const char* name) { return is_there(directory / name); });
}

RunSummary summarize(const fs::path& directory) {
  return RunReader(directory).read();
}

}  // namespace tally
