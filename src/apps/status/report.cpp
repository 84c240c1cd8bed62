// SPDX-License-Identifier: MIT
#include "status/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "common/json_line.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

using Row = std::array<std::string, 11>;

// Columns as a terminal shows them: bytes that begin a character of UTF-8.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

std::string or_dash(std::string text) {
  return text.empty() ? "-" : text;
}

// A later launch may have been given fewer steps than there were.
std::string step_text(const RunSummary& run) {
  if (!run.max_steps || run.step > *run.max_steps) return grouped(run.step);
  return fmt::format("{}/{}", grouped(run.step), grouped(*run.max_steps));
}

std::string epoch_text(const RunSummary& run) {
  return run.epochs ? fmt::format("{}/{}", run.epoch, *run.epochs) : fmt::format("{}", run.epoch);
}

std::string speed_text(const RunSummary& run) {
  return run.samples_per_second > 0 ? grouped(std::llround(run.samples_per_second)) : "-";
}

std::string since_text(const RunSummary& run) {
  std::tm date{};
  if (!run.since || ::localtime_r(&*run.since, &date) == nullptr) return "-";
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", date);
}

std::string place_text(const RunSummary& run) {
  return run.owner + (run.owner.empty() || run.workers.empty() ? "" : "; ") + run.workers;
}

// "step-000000000640.h5" as "step 640".
std::string checkpoint_text(const std::string& name) {
  constexpr std::string_view kPrefix = "step-";
  std::int64_t step = 0;
  std::string_view digits = name;
  if (!digits.starts_with(kPrefix) || !digits.ends_with(".h5")) return name;
  digits = digits.substr(kPrefix.size(), digits.size() - kPrefix.size() - 3);
  return parse_number(digits, step) ? "step " + grouped(step) : name;
}

std::string next_text(const RunSummary& run) {
  const bool says_why = run.condition != RunCondition::kDone &&
                        run.condition != RunCondition::kRunning && !run.reason.empty();
  const std::string action(next_action(run));
  return says_why ? fmt::format("{} ({})", action, run.reason) : action;
}

Row row_of(const RunSummary& run) {
  Row row = {run.directory.string(),
             std::string(name_of(run.condition)),
             step_text(run),
             epoch_text(run),
             percent_text(run.validation.accuracy),
             percent_text(run.test.accuracy),
             speed_text(run),
             since_text(run),
             or_dash(place_text(run)),
             or_dash(checkpoint_text(run.checkpoint)),
             next_text(run)};
  for (std::string& text : row) text = printable(text);
  return row;
}

std::string lines_of(const std::vector<Row>& rows) {
  std::array<std::size_t, std::tuple_size_v<Row>> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      text += row[i] + std::string(widths[i] - width_of(row[i]) + 2, ' ');
    }
    text += row.back() + '\n';
  }
  return text;
}

std::string verdict_on(const RunGroup& group) {
  const std::string counts =
      fmt::format("{}: {}", printable(group.sweep), count_by_condition(group.runs));
  if (group.ranked == 0) {
    const auto is_tested = [](const RunSummary& run) { return std::isfinite(run.test.accuracy); };
    if (std::ranges::none_of(group.runs, is_tested)) return counts + '\n';  // too early
    return counts +
           "; no run is ranked: hold images out with --validation, since choosing by the test set "
           "biases its figures\n";
  }
  return fmt::format("{}; best by validation: {}, {}\n", counts,
                     printable(group.runs[0].directory.filename().string()),
                     percent_text(group.runs[0].validation.accuracy));
}

nlohmann::ordered_json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nullptr;
}

template <typename Value>
nlohmann::ordered_json or_null(const std::optional<Value>& value) {
  return value ? nlohmann::ordered_json(*value) : nullptr;
}

nlohmann::ordered_json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

void add_figures(nlohmann::ordered_json& line, const std::string& set, const SetFigures& figures) {
  line[set + "_loss"] = number_or_null(figures.loss);
  line[set + "_accuracy"] = number_or_null(figures.accuracy);
}

nlohmann::ordered_json json_of(const RunSummary& run) {
  nlohmann::ordered_json line;
  line["run"] = run.directory.string();
  line["state"] = name_of(run.condition);
  line["step"] = run.step;
  line["max_steps"] = or_null(run.max_steps);
  line["epoch"] = run.epoch;
  line["epochs"] = or_null(run.epochs);
  add_figures(line, "train", run.train);
  add_figures(line, "validation", run.validation);
  add_figures(line, "test", run.test);
  line["samples_per_second"] = run.samples_per_second > 0
                                   ? nlohmann::ordered_json(run.samples_per_second)
                                   : nlohmann::ordered_json(nullptr);
  std::tm date{};
  const bool has_date = run.since && ::gmtime_r(&*run.since, &date) != nullptr;
  line["since"] = text_or_null(has_date ? fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", date) : "");
  line["owner"] = text_or_null(run.owner);
  line["workers"] = text_or_null(run.workers);
  line["checkpoint"] = text_or_null(run.checkpoint);
  line["reason"] = text_or_null(run.reason);
  line["next"] = next_action(run);
  line["problems"] = run.problems;
  return line;
}

}  // namespace

std::string to_table(const RunGroup& group) {
  std::vector<Row> rows = {{"run", "state", "step", "epoch", "validation", "test", "samples/s",
                            "since", "on", "checkpoint", "next"}};
  for (const RunSummary& run : group.runs) rows.push_back(row_of(run));
  return lines_of(rows) + (group.sweep.empty() ? "" : verdict_on(group));
}

std::string to_json_lines(const RunGroup& group) {
  std::string lines;
  for (std::size_t i = 0; i < group.runs.size(); ++i) {
    nlohmann::ordered_json line = json_of(group.runs[i]);
    if (!group.sweep.empty()) {
      line["sweep"] = group.sweep;
      line["rank"] =
          i < group.ranked ? nlohmann::ordered_json(i + 1) : nlohmann::ordered_json(nullptr);
    }
    lines += json_line(line) + '\n';
  }
  return lines;
}

}  // namespace tally
