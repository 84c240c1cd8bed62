// SPDX-License-Identifier: MIT
#include "tally/image/digit_sheet.hpp"

#include <cassert>
#include <cstdint>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {

namespace {

/// Where cell number `index` of `count` begins on a side.
int cell_begin(int index, int count, int side) {
  return static_cast<int>(std::int64_t{index} * side / count);
}

Sheet cut(const GreyImage& image, int columns, int rows, const std::string& name) {
  const std::int64_t count = std::int64_t{columns} * rows;
  require(count <= kMostCells, ExitCode::kUsage,
          "{}: would be cut into {} cells; at most {} are read", name, grouped(count),
          grouped(kMostCells));
  Sheet sheet{columns, {}};
  for (int row = 0; row < rows; ++row) {
    const int top = cell_begin(row, rows, image.height);
    const int height = cell_begin(row + 1, rows, image.height) - top;
    for (int column = 0; column < columns; ++column) {
      const int left = cell_begin(column, columns, image.width);
      const int width = cell_begin(column + 1, columns, image.width) - left;
      sheet.cells.push_back(cropped(image, {left, top, width, height}));
    }
  }
  return sheet;
}

}  // namespace

Sheet cut_sheet(const GreyImage& image, int cell_width, int cell_height, const std::string& name) {
  require(cell_width > 0 && cell_height > 0, ExitCode::kUsage,
          "{}: cannot be cut into cells of {} x {} pixels, expected at least 1 x 1", name,
          cell_width, cell_height);
  require(image.width % cell_width == 0 && image.height % cell_height == 0, ExitCode::kUsage,
          "{}: is {} x {} pixels, expected whole cells of {} x {}; check the size of a cell", name,
          image.width, image.height, cell_width, cell_height);
  return cut(image, image.width / cell_width, image.height / cell_height, name);
}

Sheet cut_grid(const GreyImage& image, int columns, int rows, const std::string& name) {
  require(columns > 0 && rows > 0 && columns <= image.width && rows <= image.height,
          ExitCode::kUsage, "{}: is {} x {} pixels, and cannot be cut into {} x {} cells", name,
          image.width, image.height, columns, rows);
  return cut(image, columns, rows, name);
}

GreyImage without_margin(const GreyImage& cell, int percent) {
  assert(percent >= 0 && percent < 50);
  const int left = cell.width * percent / 100, top = cell.height * percent / 100;
  return cropped(cell, {left, top, cell.width - 2 * left, cell.height - 2 * top});
}

int class_of_cell(int index, int cell_count, int class_count) {
  assert(index >= 0 && index < cell_count && class_count > 0);
  return static_cast<int>(std::int64_t{index} * class_count / cell_count);
}

}  // namespace tally
