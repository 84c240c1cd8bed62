// SPDX-License-Identifier: MIT
#include "tally/io/run_status.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "tally/core/text.hpp"

namespace tally {
namespace {

// In the order of RunState.
constexpr std::array<std::string_view, 3> kStateNames = {"DONE", "RESUME", "FAILED"};

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void read_fact(std::string_view line, RunStatus& status) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view name = line.substr(0, end);
  const std::string_view value = line.substr(std::min(end + 1, line.size()));
  if (name == "step") {
    std::int64_t step = 0;
    if (parse_number(value, step) && step >= 0) status.step = step;
  } else if (name == "checkpoint") {
    status.checkpoint = value;
  } else if (name == "workers") {
    status.workers = value;
  } else if (name == "samples_per_second") {
    double speed = 0;
    if (parse_number(value, speed) && std::isfinite(speed)) status.samples_per_second = speed;
  } else if (name == "reason") {
    status.reason = value;
  }
}

}  // namespace

std::string to_text(const RunStatus& status) {
  std::string text = fmt::format("{}\nstep {}\n",
                                 kStateNames[static_cast<std::size_t>(status.state)], status.step);
  if (!status.checkpoint.empty()) text += fmt::format("checkpoint {}\n", status.checkpoint);
  if (!status.workers.empty()) text += fmt::format("workers {}\n", status.workers);
  if (const double speed = std::round(status.samples_per_second); speed > 0) {
    text += fmt::format("samples_per_second {:.0f}\n", speed);
  }
  std::string reason = status.reason;
  std::ranges::replace(reason, '\n', ' ');
  return text + fmt::format("reason {}\n", printable_line(reason));
}

std::optional<RunStatus> run_status_in(std::string_view text) {
  const auto name = std::ranges::find(kStateNames, take_line(text));
  if (name == kStateNames.end()) return std::nullopt;
  RunStatus status;
  status.state = static_cast<RunState>(name - kStateNames.begin());
  while (!text.empty()) read_fact(take_line(text), status);
  return status;
}

}  // namespace tally
