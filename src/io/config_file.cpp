// SPDX-License-Identifier: MIT
#include "tally/io/config_file.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/io/posix_file.hpp"
#include "tally/state/config_fields.hpp"
#include "tally/state/config_text.hpp"

namespace tally {
namespace {

// What would steer a terminal on which the file is shown is escaped, too.
std::string toml_string(std::string_view text) {
  std::string result = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') result += '\\';
    result += character;
  }
  return unicode_escaped(result + '"');
}

template <typename Value>
std::string toml_value(const Value& value) {
  return std::is_arithmetic_v<Value> ? to_text(value) : toml_string(to_text(value));
}

// "auto" and "none" are texts, numbers are numbers.
std::string toml_value(const AutoCount& value) {
  return value.value == 0 ? toml_string(to_text(value)) : to_text(value);
}
std::string toml_value(const Limit& value) {
  return value ? to_text(value) : toml_string(to_text(value));
}

std::string toml_value(const CopyCount& value) {
  return value.value == 0 ? toml_string(to_text(value)) : to_text(value);
}

// TOML's whole numbers end at 2^63 - 1.
std::string toml_value(const std::uint64_t& value) {
  constexpr std::uint64_t kGreatest = std::numeric_limits<std::int64_t>::max();
  return value <= kGreatest ? to_text(value) : toml_string(to_text(value));
}

std::string value_text(const toml::node& value, const std::string& origin) {
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* number = value.as_integer()) return to_text(number->get());
  if (const auto* number = value.as_floating_point()) return to_text(number->get());
  if (const auto* truth = value.as_boolean()) return to_text(truth->get());
  fail(ExitCode::kUsage, "{} (line {}): expected a text, a number, true or false", origin,
       value.source().begin.line);
}

// All but what has the name `but`.
void add_overrides(const toml::table& table, const std::string& name, Overrides& overrides,
                   std::string_view but = {}) {
  for (const auto& [key, value] : table) {
    if (!but.empty() && key.str() == but) continue;
    const std::string origin = fmt::format("{}: {}", name, printable(key.str()));
    overrides.push_back({std::string(key.str()), value_text(value, origin), origin});
  }
}

// How many bytes a text in quotes, or a comment, takes that `text` begins with; 0 if it begins with
// neither, nothing if the text does not end on its line.
std::optional<std::size_t> text_bytes(std::string_view text) {
  const char quote = text[0];
  if (quote != '#' && quote != '"' && quote != '\'') return 0;
  const std::string_view line = text.substr(0, text.find('\n'));
  if (quote == '#') return line.size();
  for (std::size_t at = 1; at < line.size(); ++at) {
    if (line[at] == quote) return at + 1;
    if (quote == '"' && line[at] == '\\') ++at;
  }
  return std::nullopt;
}

// The parser goes into each level of a name, a list or a table by calling itself, however many
// there are, and so does what frees the result. Behind a text of several lines, or without an end,
// whatever looks like a level counts as one, so that no other reading of quotes hides any.
void require_shallow(std::string_view text, const std::string& name) {
  constexpr int kMostDots = 16;      // in a name
  constexpr int kMostBrackets = 16;  // that are open
  int line = 1, dots = 0, brackets = 0;
  bool has_plain_texts = true;
  while (!text.empty()) {
    if (text.starts_with("\"\"\"") || text.starts_with("'''")) has_plain_texts = false;
    const std::optional<std::size_t> skipped = has_plain_texts ? text_bytes(text) : 0;
    if (!skipped) has_plain_texts = false;
    if (skipped.value_or(0) > 0) {
      text.remove_prefix(*skipped);
      continue;
    }
    const char character = text[0];
    text.remove_prefix(1);
    if (character == '\n') {
      ++line;
      dots = 0;
    }
    if ((character == '=' || character == ',') && has_plain_texts) dots = 0;
    if (character == '.') ++dots;
    if (character == '[' || character == '{') ++brackets;
    if ((character == ']' || character == '}') && has_plain_texts && brackets > 0) --brackets;
    require(dots <= kMostDots && brackets <= kMostBrackets, ExitCode::kUsage,
            "{}: line {}: names or lists go deeper into each other than in any configuration", name,
            line);
  }
}

// The options of all runs are copied to each of them.
void require_moderate(const Overrides& common, std::size_t runs, const std::string& name) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 26;
  std::size_t bytes = 0;
  for (const Override& option : common) {
    bytes += sizeof(option) + option.name.size() + option.text.size() + option.origin.size();
  }
  require(bytes <= kMostBytes / std::max<std::size_t>(runs, 1), ExitCode::kUsage,
          "{}: {} runs with the same {} options are more than is read; expected fewer, or shorter "
          "ones",
          name, runs, common.size());
}

toml::table parse(std::string_view text, const std::string& name) {
  require_shallow(text, name);
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    fail(ExitCode::kUsage, "{}: line {}: {}", name, error.source().begin.line,
         printable(error.description()));
  }
}

}  // namespace

std::string read_toml_file(const std::filesystem::path& path) {
  constexpr std::size_t kMaxBytes = 1 << 20;
  const auto bytes = read_file(path, kMaxBytes, ExitCode::kUsage);
  return std::string(text_view(bytes));
}

std::string to_toml(const RunConfig& config) {
  std::string text;
  for_each_field(config, [&](const Field& field, const auto& value) {
    text += fmt::format("{} = {}\n", field.name, toml_value(value));
  });
  return text;
}

Overrides overrides_in_toml(std::string_view text, const std::string& name) {
  Overrides overrides;
  add_overrides(parse(text, name), name, overrides);
  return overrides;
}

std::vector<Overrides> runs_in_toml(std::string_view text, const std::string& name) {
  const toml::table table = parse(text, name);
  const toml::array* listed = table["run"].as_array();
  require(listed != nullptr && !listed->empty(), ExitCode::kUsage,
          "{}: expected a table [[run]] for each run", name);
  Overrides common;
  add_overrides(table, name, common, "run");
  require_moderate(common, listed->size(), name);
  std::vector<Overrides> runs;
  for (const toml::node& node : *listed) {
    const toml::table* run = node.as_table();
    require(run != nullptr, ExitCode::kUsage, "{}: line {}: expected tables [[run]], not values",
            name, node.source().begin.line);
    runs.push_back(common);
    add_overrides(*run, fmt::format("{}: run {}", name, runs.size()), runs.back());
  }
  return runs;
}

RunConfig config_from_toml(std::string_view text, const std::string& name) {
  RunConfig config;
  config.decay = DecayKind::kAll;  // in a text from before there was a choice
  overwrite(config, overrides_in_toml(text, name));
  return config;
}

}  // namespace tally
