// SPDX-License-Identifier: MIT
#include "data/digit_collection.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/image/decode.hpp"
#include "tally/image/digit_image.hpp"
#include "tally/image/digit_sheet.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostClasses = 256;  // a label is a byte

/// Adds the digit that `read` gives; whatever is wrong with it does not stop the others.
template <typename Read>
void add(DigitCollection& collection, std::size_t label, const std::string& name, Read&& read) {
  try {
    if (std::optional<PreparedDigit> prepared = prepare_digit(read(), name)) {
      if (collection.digits.size() <= label) collection.digits.resize(label + 1);
      collection.digits[label].push_back(std::move(prepared->digit));
    } else {
      collection.unused.push_back(name + ": has no ink");
    }
  } catch (const Error& error) {
    collection.unused.emplace_back(error.what());
  } catch (const std::bad_alloc&) {
    collection.unused.push_back(name + ": needs more memory than there is; make it smaller");
  } catch (const std::exception& error) {  // of a package
    collection.unused.push_back(fmt::format("{}: cannot be prepared: {}", name, error.what()));
  }
}

std::vector<fs::path> sorted_entries(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    paths.push_back(entry.path());
  }
  require(!error, ExitCode::kUsage, "{}: cannot be opened ({}); check the path and its permissions",
          directory.string(), error.message());
  std::ranges::sort(paths);
  return paths;
}

void add_folder(DigitCollection& collection, const fs::path& folder) {
  std::size_t label = 0;
  std::error_code ignored;
  const bool is_class = fs::is_directory(folder, ignored) &&
                        parse_number(folder.filename().string(), label) && label < kMostClasses;
  if (!is_class) {
    collection.unused.push_back(folder.string() + ": is no folder of a class, named 0, 1, ... 255");
    return;
  }
  for (const fs::path& file : sorted_entries(folder)) {
    add(collection, label, file.string(), [&] { return read_image(file); });
  }
}

std::pair<int, int> parse_size(std::string_view option, std::string_view text) {
  const std::size_t cross = text.find('x');
  int width = 0, height = 0;
  const bool is_valid = cross != std::string_view::npos &&
                        parse_number(text.substr(0, cross), width) &&
                        parse_number(text.substr(cross + 1), height) && width > 0 && height > 0;
  require(is_valid, ExitCode::kUsage, "{}: expected a size as 20x20, got \"{}\"", option, text);
  return {width, height};
}

using Label = std::optional<std::size_t>;  // nothing: the cell is not used

/// One letter for each cell, or numbers between commas.
std::vector<Label> parse_labels(std::string_view text) {
  const bool has_commas = text.find(',') != std::string_view::npos;
  std::vector<Label> labels;
  while (!text.empty()) {
    const std::size_t length = has_commas ? std::min(text.find(','), text.size()) : 1;
    const std::string_view word = text.substr(0, length);
    std::size_t label = 0;
    require(word == "-" || (parse_number(word, label) && label < kMostClasses), ExitCode::kUsage,
            "--labels: expected digits, or numbers from 0 to 255 with commas between them, and - "
            "for a cell to leave out, got \"{}\"",
            word);
    labels.push_back(word == "-" ? Label() : Label(label));
    text.remove_prefix(std::min(length + (has_commas ? 1 : 0), text.size()));
  }
  return labels;
}

/// The label of each of `count` cells.
std::vector<Label> labels_of_cells(const SheetLayout& layout, int count, const std::string& name) {
  const std::vector<Label> given = parse_labels(layout.labels);
  const int period = given.empty() ? layout.classes : static_cast<int>(given.size());
  require(count % period == 0, ExitCode::kUsage, "{}: expected a multiple of {} cells, {}, got {}",
          name, period,
          given.empty() ? "one class after the other" : "as many as --labels has, or rows of them",
          count);
  std::vector<Label> labels;
  for (int i = 0; i < count; ++i) {
    labels.push_back(given.empty() ? static_cast<std::size_t>(class_of_cell(i, count, period))
                                   : given[static_cast<std::size_t>(i % period)]);
  }
  return labels;
}

void require_readable_cells(int width, int height, std::string_view option,
                            const std::string& name) {
  constexpr int kLeastSide = 8;  // a digit has no fewer
  require(width >= kLeastSide && height >= kLeastSide, ExitCode::kUsage,
          "{}: {}: expected cells of at least {} x {} pixels, got {} x {}", name, option,
          kLeastSide, kLeastSide, width, height);
}

Sheet read_sheet(const fs::path& source, const SheetLayout& layout) {
  require(layout.cell.empty() || layout.grid.empty(), ExitCode::kUsage,
          "--cell and --grid: expected one of them");
  const std::string name = source.string();
  if (layout.cell.empty()) {
    const auto [columns, rows] = parse_size("--grid", layout.grid);
    const GreyImage image = read_image(source);
    if (image.width >= columns && image.height >= rows) {  // else it has no such cells at all
      require_readable_cells(image.width / columns, image.height / rows, "--grid", name);
    }
    return cut_grid(image, columns, rows, name);
  }
  const auto [width, height] = parse_size("--cell", layout.cell);
  require_readable_cells(width, height, "--cell", name);
  return cut_sheet(read_image(source), width, height, name);
}

}  // namespace

DigitCollection collect_folders(const fs::path& source) {
  std::error_code ignored;
  require(fs::is_directory(source, ignored), ExitCode::kUsage,
          "{}: expected a directory with a folder per class, or a sheet and --cell WxH or --grid "
          "CxR",
          source.string());
  DigitCollection collection;
  for (const fs::path& folder : sorted_entries(source)) {
    try {
      add_folder(collection, folder);
    } catch (const Error& error) {  // it cannot be listed
      collection.unused.emplace_back(error.what());
    }
  }
  return collection;
}

DigitCollection collect_sheet(const fs::path& source, const SheetLayout& layout) {
  const std::string name = source.string();
  const Sheet sheet = read_sheet(source, layout);
  const auto count = static_cast<int>(sheet.cells.size());
  const std::vector<Label> labels = labels_of_cells(layout, count, name);
  DigitCollection collection;
  for (int i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(i);
    if (!labels[index]) continue;
    const std::string cell_name = fmt::format("{}: cell {} (row {}, column {})", name, i,
                                              i / sheet.columns + 1, i % sheet.columns + 1);
    add(collection, *labels[index], cell_name,
        [&] { return without_margin(sheet.cells[index], layout.margin_percent); });
  }
  return collection;
}

}  // namespace tally
