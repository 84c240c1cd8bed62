// SPDX-License-Identifier: MIT
#include "tally/run/job_end.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

constexpr const char* kEndTime = "TALLY_END_TIME";
constexpr const char* kEndMargin = "TALLY_END_MARGIN";
constexpr std::int64_t kMost = 1'000'000'000'000;  // far enough to add to

std::string_view environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

std::optional<std::int64_t> seconds_in(std::string_view text) {
  std::int64_t seconds = 0;
  const bool is_valid = parse_number(text, seconds) && seconds >= 0 && seconds <= kMost;
  return is_valid ? std::optional(seconds) : std::nullopt;
}

std::int64_t required_seconds(const char* name, std::string_view expected) {
  const auto seconds = seconds_in(environment(name));
  require(seconds.has_value(), ExitCode::kUsage, "{}: expected {}, got \"{}\"", name, expected,
          environment(name));
  return *seconds;
}

}  // namespace

JobTime job_time() {
  JobTime time;
  const std::string_view own = environment(kEndTime);
  if (own.empty()) {
    time.end = seconds_in(environment("SLURM_JOB_END_TIME"));
  } else if (own != "none") {
    time.end = required_seconds(kEndTime, "seconds since 1970, or none");
  }
  if (!environment(kEndMargin).empty()) {
    time.margin = std::chrono::seconds{required_seconds(kEndMargin, "seconds")};
  }
  return time;
}

JobEnd::JobEnd(const JobTime& time, Clock::time_point now, std::int64_t seconds_since_1970)
    : least_margin_(time.margin) {
  if (time.end) end_ = now + std::chrono::seconds{*time.end - seconds_since_1970};
}

bool JobEnd::is_near(Clock::time_point now) {
  if (!end_) return false;
  if (last_step_) slowest_step_ = std::max(slowest_step_, now - *last_step_ - saved_since_);
  last_step_ = now;
  saved_since_ = {};
  return *end_ - now < margin();
}

void JobEnd::add_save(Clock::duration duration) {
  saved_since_ += duration;
  slowest_save_ = std::max(slowest_save_, duration);
}

JobEnd::Clock::duration JobEnd::margin() const {
  return 2 * (slowest_step_ + slowest_save_) + least_margin_;
}

std::string JobEnd::text(Clock::time_point now) const {
  if (!end_) return "";
  const std::int64_t seconds =
      std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(*end_ - now).count());
  return fmt::format(
      "this job ends in {}:{:02}:{:02}; the run saves and stops before, if a step ends by then",
      seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace tally
