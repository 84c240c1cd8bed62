// SPDX-License-Identifier: MIT
#include "sweep/choices.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "tally/core/csv.hpp"
#include "tally/core/error.hpp"
#include "tally/core/split.hpp"
#include "tally/core/text.hpp"
#include "tally/io/config_file.hpp"

namespace tally {
namespace {

// A network has commas of its own.
SweepChoices choices_of_word(const std::string& name, const std::string& values) {
  const bool has_semicolon = values.find(';') != std::string::npos;
  SweepChoices choices;
  const char separator = has_semicolon || name == "network" ? ';' : ',';
  for (const std::string_view value : split(values, separator)) {
    choices.push_back({{name, std::string(value), name}});
  }
  return choices;
}

SweepChoices choices_in_csv(const std::string& text, const std::string& file) {
  std::vector<CsvRow> rows = csv_rows(text, file);
  std::erase_if(rows, [](const CsvRow& row) {
    return (row.size() == 1 && row[0].empty()) || row[0].starts_with('#');
  });
  require(rows.size() >= 2, ExitCode::kUsage,
          "{}: expected a line with the names of options, and a line of values for each run", file);
  constexpr std::size_t kMostColumns = 1000;
  require(rows[0].size() <= kMostColumns, ExitCode::kUsage,
          "{}: expected at most {} options, got {}", file, kMostColumns, rows[0].size());
  SweepChoices choices;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    require(rows[i].size() == rows[0].size(), ExitCode::kUsage,
            "{}: run {}: expected {} values as in the first line, got {}; a value with commas must "
            "stand in quotation marks",
            file, i, rows[0].size(), rows[i].size());
    Overrides& overrides = choices.emplace_back();
    for (std::size_t column = 0; column < rows[i].size(); ++column) {
      const std::string& name = rows[0][column];
      const std::string origin = fmt::format("{}: run {}: {}", file, i, printable(name));
      if (!rows[i][column].empty()) overrides.push_back({name, rows[i][column], origin});
    }
  }
  return choices;
}

std::string without_byte_order_mark(std::string text) {
  return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

}  // namespace

SweepChoices choices_of(const std::string& word) {
  const std::string extension = std::filesystem::path(word).extension().string();
  const std::size_t sign = word.find('=');
  const std::string name = word.substr(0, sign);
  const bool is_name = name.find_first_of("/.") == std::string::npos;
  if (sign != std::string::npos && is_name) return choices_of_word(name, word.substr(sign + 1));
  if (extension == ".toml") return runs_in_toml(read_toml_file(word), word);
  if (extension == ".csv") {
    return choices_in_csv(without_byte_order_mark(read_toml_file(word)), word);
  }
  fail(
      ExitCode::kUsage,
      "\"{}\": expected OPTION=VALUE,VALUE,..., or a file of configurations, FILE.toml or FILE.csv",
      printable(word));
}

}  // namespace tally
