// SPDX-License-Identifier: MIT
#include "tally/image/digit_sheet.hpp"

#include <cassert>
#include <cstdint>

#include "tally/core/error.hpp"

namespace tally {

std::vector<GreyImage> cut_sheet(const GreyImage& sheet, int cell_width, int cell_height,
                                 const std::string& name) {
  require(cell_width > 0 && cell_height > 0, ExitCode::kUsage,
          "{}: cannot be cut into cells of {} x {} pixels, expected at least 1 x 1", name,
          cell_width, cell_height);
  require(sheet.width % cell_width == 0 && sheet.height % cell_height == 0, ExitCode::kUsage,
          "{}: is {} x {} pixels, expected whole cells of {} x {}; check the size of a cell", name,
          sheet.width, sheet.height, cell_width, cell_height);
  std::vector<GreyImage> cells;
  for (int y = 0; y < sheet.height; y += cell_height) {
    for (int x = 0; x < sheet.width; x += cell_width) {
      cells.push_back(cropped(sheet, {x, y, cell_width, cell_height}));
    }
  }
  return cells;
}

int class_of_cell(int index, int cell_count, int class_count) {
  assert(index >= 0 && index < cell_count && class_count > 0);
  return static_cast<int>(std::int64_t{index} * class_count / cell_count);
}

}  // namespace tally
