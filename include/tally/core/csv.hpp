// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

// Tables of comma-separated values (RFC 4180): a field with a comma, a quotation mark or a line
// break stands in quotation marks, and those inside it twice.
namespace tally {

using CsvRow = std::vector<std::string>;

/// The rows of a text, which may end its lines in CR LF; the last line needs no end. A row may have
/// any number of fields. Blanks around a field without quotation marks are left out. Throws an
/// Error (ExitCode::kUsage) that names `name` and the line for quotation marks that do not match.
std::vector<CsvRow> csv_rows(std::string_view text, const std::string& name);

/// A field, in quotation marks if it needs them.
std::string csv_field(std::string_view text);

/// A whole line with its end.
std::string csv_line(const CsvRow& row);

}  // namespace tally
