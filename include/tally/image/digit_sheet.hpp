// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tally/image/grey_image.hpp"

// A sheet of drawings in cells of one size, such as OpenCV's digits.png: 100 x 50 cells of 20 x 20
// pixels, five rows for each class.
namespace tally {

/// No sheet is cut into more cells: one of 100 million pixels, the largest image, could have as
/// many, and each takes the memory and the time of a drawing.
inline constexpr std::int64_t kMostCells = 100'000;

/// The cells of a sheet, row by row from the top left.
struct Sheet {
  int columns = 0;
  std::vector<GreyImage> cells;
};

/// Cuts cells of one size in pixels. Throws an Error that names `name` if the sheet does not
/// consist of whole cells, or of more than kMostCells.
Sheet cut_sheet(const GreyImage& image, int cell_width, int cell_height, const std::string& name);

/// Cuts a number of cells across and down, such as those of a form that was scanned; their sizes
/// differ by at most a pixel. Throws an Error that names `name` if that leaves cells of nothing, or
/// more than kMostCells.
Sheet cut_grid(const GreyImage& image, int columns, int rows, const std::string& name);

/// `cell` without its border, `percent` (below 50) of its width and height on each side.
GreyImage without_margin(const GreyImage& cell, int percent);

/// The class of cell `index` of `cell_count`, where each of `class_count` classes has the same
/// number of cells, one class after the other.
int class_of_cell(int index, int cell_count, int class_count);

}  // namespace tally
