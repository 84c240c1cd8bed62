// SPDX-License-Identifier: MIT
#include "tally/core/csv.hpp"

#include <algorithm>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

class CsvText {
 public:
  CsvText(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  [[nodiscard]] bool is_at_end() const { return at_ == text_.size(); }

  CsvRow take_row() {
    CsvRow row;
    do {
      row.push_back(take_field());
    } while (takes(','));
    takes('\r');
    require(takes('\n') || is_at_end(), ExitCode::kUsage,
            "{}: line {}: expected a comma or the end of the line behind a quotation mark", name_,
            line_);
    ++line_;
    return row;
  }

 private:
  bool takes(char expected) {
    if (is_at_end() || text_[at_] != expected) return false;
    ++at_;
    return true;
  }

  void skip_blanks() {
    while (takes(' ') || takes('\t')) continue;
  }

  std::string take_field() {
    skip_blanks();
    if (takes('"')) return take_quoted();
    const std::size_t end = std::min(text_.find_first_of(",\n", at_), text_.size());
    std::string_view field = text_.substr(at_, end - at_);
    at_ = end;
    if (field.ends_with('\r')) field.remove_suffix(1);
    return std::string(trimmed(field));
  }

  std::string take_quoted() {
    const int first_line = line_;
    std::string field;
    for (;;) {
      require(!is_at_end(), ExitCode::kUsage,
              "{}: line {}: a quotation mark opens here, and none closes", name_, first_line);
      const char character = text_[at_++];
      if (character == '"' && !takes('"')) break;  // of two, one stands for both
      if (character == '\n') ++line_;
      field += character;
    }
    skip_blanks();
    return field;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<CsvRow> csv_rows(std::string_view text, const std::string& name) {
  CsvText table(text, name);
  std::vector<CsvRow> rows;
  while (!table.is_at_end()) rows.push_back(table.take_row());
  return rows;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos && trimmed(text) == text) {
    return std::string(text);
  }
  std::string field = "\"";
  for (const char character : text) field += character == '"' ? "\"\"" : std::string(1, character);
  return field + '"';
}

std::string csv_line(const CsvRow& row) {
  std::string line;
  for (const std::string& text : row) {
    if (&text != &row.front()) line += ',';
    line += csv_field(text);
  }
  return line + '\n';
}

}  // namespace tally
