// SPDX-License-Identifier: MIT
#pragma once

#include <ctime>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace tally {

/// The last row of a table that somebody may be writing to: fields by the names of their columns.
/// A line without an end is not whole yet. Empty if there is no row, or no file. Throws an Error if
/// the file cannot be read, or the row has other fields than the first line.
using TableRow = std::map<std::string, std::string>;
TableRow last_row(const std::filesystem::path& path);

/// The number in a column; nothing if there is none.
std::optional<double> number_in(const TableRow& row, const std::string& column);

/// When a file was last written; nothing if there is none.
std::optional<std::time_t> time_of(const std::filesystem::path& path);

}  // namespace tally
