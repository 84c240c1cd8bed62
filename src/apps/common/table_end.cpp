// SPDX-License-Identifier: MIT
#include "common/table_end.hpp"

#include <cmath>

#include <sys/stat.h>

#include "tally/core/csv.hpp"
#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/io/posix_file.hpp"

namespace tally {
namespace {

// More than a line of figures has.
constexpr std::size_t kMostLineBytes = 1 << 14;

// The last line that has an end and, before it, the end of another one.
std::string last_line(const std::filesystem::path& path) {
  const FileEnd end = read_end(path, kMostLineBytes);
  std::string text(text_view(end.bytes));
  text.resize(text.rfind('\n') + 1);
  const std::size_t before =
      text.size() < 2 ? std::string::npos : text.rfind('\n', text.size() - 2);
  return before == std::string::npos ? "" : text.substr(before + 1);
}

}  // namespace

TableRow last_row(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  const std::string line = last_line(path);
  if (line.empty()) return {};
  const FileStart start = read_start(path, kMostLineBytes);
  const std::string_view text = text_view(start.bytes);
  const auto heads = csv_rows(text.substr(0, text.find('\n')), path.string());
  const auto rows = csv_rows(line, path.string());
  require(!heads.empty() && !rows.empty(), ExitCode::kFailure,
          "{}: is damaged: its first or its last line is empty", path.string());
  const CsvRow& names = heads[0];
  const CsvRow& fields = rows[0];
  require(names.size() == fields.size(), ExitCode::kFailure,
          "{}: is damaged: expected {} fields in the last line, got {}", path.string(),
          names.size(), fields.size());
  TableRow row;
  for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = fields[i];
  return row;
}

std::optional<double> number_in(const TableRow& row, const std::string& column) {
  const auto found = row.find(column);
  double number = 0;
  if (found == row.end() || !parse_number(found->second, number) || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

std::optional<std::time_t> time_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status.st_mtime;
}

}  // namespace tally
