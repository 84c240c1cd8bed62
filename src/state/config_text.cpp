// SPDX-License-Identifier: MIT
#include "tally/state/config_text.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/ranges.h>

#include "tally/core/error.hpp"
#include "tally/core/split.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

[[noreturn]] void refuse(const FieldText& from, const std::string& expected) {
  fail(ExitCode::kUsage, "{}: expected {}, got \"{}\"", from.origin, expected,
       printable(from.text));
}

// Numbers up to 10^15 as people write them, larger ones in short.
std::string bound_text(double bound) {
  if (bound == 0x1p64) return "2^64 - 1";
  return std::abs(bound) <= 1e15 && bound == std::floor(bound)
             ? grouped(static_cast<std::int64_t>(bound))
             : fmt::format("{:g}", bound);
}

std::string range_text(const Field& field) {
  return fmt::format("from {} to {}", bound_text(field.least), bound_text(field.greatest));
}

bool is_within(const Field& field, double value) {
  return value >= field.least && value <= field.greatest;
}

template <typename Number>
void parse_bounded(const FieldText& from, const std::string& kind, Number& value) {
  const bool is_valid =
      parse_number(from.text, value) && is_within(from.field, static_cast<double>(value));
  if (!is_valid) refuse(from, kind + " " + range_text(from.field));
}

constexpr std::array<std::string_view, 3> kUnitNames = {"steps", "epochs", "min"};

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = utf8_bytes(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace

std::string to_text(const std::string& value) {
  return value;
}
std::string to_text(std::int64_t value) {
  return fmt::format("{}", value);
}
std::string to_text(std::uint64_t value) {
  return fmt::format("{}", value);
}
std::string to_text(double value) {
  return fmt::format("{}", value);
}
std::string to_text(bool value) {
  return value ? "true" : "false";
}

std::string to_text(const AutoCount& value) {
  return value.value == 0 ? "auto" : to_text(value.value);
}

std::string to_text(const Limit& value) {
  return value ? to_text(*value) : "none";
}

std::string to_text(const TimeLimit& value) {
  if (!value.seconds) return "none";
  const std::int64_t seconds = *value.seconds;
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string to_text(const CheckpointInterval& value) {
  return fmt::format("{}{}", value.count, kUnitNames[static_cast<std::size_t>(value.unit)]);
}

std::string to_text(const Distortions& value) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kDistortionNames.size(); ++i) {
    if (value.has(static_cast<Distortion>(i))) names.push_back(kDistortionNames[i]);
  }
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ","));
}

std::string to_text(const StrengthPhases& value) {
  std::string text;
  for (const StrengthPhases::Phase& phase : value.phases) {
    text += to_text(phase.strength);
    if (phase.end < 1) text += fmt::format("@{},", phase.end);
  }
  return text;
}

std::string to_text(const CopyCount& value) {
  return value.value == 0 ? "fresh" : to_text(value.value);
}

// TOML holds UTF-8 only: another text could be given but never be read back from a checkpoint.
void from_text(const FieldText& from, std::string& value) {
  if (!is_utf8(from.text)) refuse(from, "a text in UTF-8");
  value = from.text;
}

void from_text(const FieldText& from, std::int64_t& value) {
  parse_bounded(from, "a whole number", value);
}

void from_text(const FieldText& from, std::uint64_t& value) {
  parse_bounded(from, "a whole number", value);
}

void from_text(const FieldText& from, double& value) {
  parse_bounded(from, "a number", value);
  value += 0.0;  // -0 is 0
}

void from_text(const FieldText& from, bool& value) {
  if (from.text != "true" && from.text != "false") refuse(from, "true or false");
  value = from.text == "true";
}

void from_text(const FieldText& from, AutoCount& value) {
  value.value = 0;
  if (from.text != "auto") parse_bounded(from, "\"auto\" or a whole number", value.value);
}

void from_text(const FieldText& from, Limit& value) {
  value.reset();
  if (from.text != "none") parse_bounded(from, "\"none\" or a whole number", value.emplace());
}

void from_text(const FieldText& from, TimeLimit& value) {
  value.seconds.reset();
  if (from.text == "none") return;
  const std::size_t first = from.text.find(':');
  const std::size_t second = from.text.rfind(':');
  std::int64_t hours = 0, minutes = 0, seconds = 0;
  const bool is_valid = first != std::string_view::npos && second > first &&
                        parse_number(from.text.substr(0, first), hours) &&
                        parse_number(from.text.substr(first + 1, second - first - 1), minutes) &&
                        parse_number(from.text.substr(second + 1), seconds) && hours >= 0 &&
                        hours <= 100'000 && minutes >= 0 && minutes < 60 && seconds >= 0 &&
                        seconds < 60;
  if (!is_valid) refuse(from, "\"none\" or a time as HH:MM:SS");
  value.seconds = (hours * 60 + minutes) * 60 + seconds;
}

void from_text(const FieldText& from, CheckpointInterval& value) {
  const std::size_t unit_begin =
      std::min(from.text.find_first_not_of("0123456789"), from.text.size());
  const std::string_view unit = from.text.substr(unit_begin);
  const auto found = std::find(kUnitNames.begin(), kUnitNames.end(), unit);
  const bool is_valid = found != kUnitNames.end() &&
                        parse_number(from.text.substr(0, unit_begin), value.count) &&
                        is_within(from.field, static_cast<double>(value.count));
  if (!is_valid) {
    refuse(from, "an interval such as 500steps, 1epochs or 5min, " + range_text(from.field));
  }
  value.unit = static_cast<CheckpointInterval::Unit>(found - kUnitNames.begin());
}

void from_text(const FieldText& from, Distortions& value) {
  value = {};
  if (from.text == "none") return;
  for (const std::string_view name : split(from.text, ',')) {
    value.add(
        static_cast<Distortion>(name_from_text({from.field, from.origin, name}, kDistortionNames)));
  }
}

void from_text(const FieldText& from, StrengthPhases& value) {
  constexpr std::size_t kMostPhases = 16;
  value.phases.clear();
  double begin = 0;
  bool is_valid = true;
  for (const std::string_view part : split(from.text, ',')) {
    StrengthPhases::Phase phase;
    const std::size_t at = part.find('@');
    is_valid = is_valid && begin < 1 && parse_number(part.substr(0, at), phase.strength) &&
               is_within(from.field, phase.strength);
    if (at != std::string_view::npos) {
      is_valid = is_valid && parse_number(part.substr(at + 1), phase.end) && phase.end > begin &&
                 phase.end < 1;
    }
    phase.strength += 0.0;  // -0 is 0
    begin = phase.end;
    value.phases.push_back(phase);
  }
  if (!is_valid || begin != 1 || value.phases.size() > kMostPhases) {
    refuse(from, "a strength " + range_text(from.field) +
                     ", or up to 16 of them with rising ends, as 1@0.6,0.6@0.85,0.3");
  }
}

void from_text(const FieldText& from, CopyCount& value) {
  value.value = 0;
  if (from.text != "fresh") parse_bounded(from, "\"fresh\" or a whole number", value.value);
}

std::size_t name_from_text(const FieldText& from, Names names) {
  const auto found = std::find(names.begin(), names.end(), from.text);
  if (found == names.end()) refuse(from, fmt::format("{}", fmt::join(names, " or ")));
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace tally
