// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tally/image/grey_image.hpp"

// A sheet of drawings in cells of one size, such as OpenCV's digits.png: 100 x 50 cells of 20 x 20
// pixels, five rows for each class.
namespace tally {

/// The cells of a sheet, row by row from the top left. Throws an Error that names `name` if the
/// sheet does not consist of whole cells.
std::vector<GreyImage> cut_sheet(const GreyImage& sheet, int cell_width, int cell_height,
                                 const std::string& name);

/// The class of cell `index` of `cell_count`, where each of `class_count` classes has the same
/// number of cells, one class after the other.
int class_of_cell(int index, int cell_count, int class_count);

}  // namespace tally
