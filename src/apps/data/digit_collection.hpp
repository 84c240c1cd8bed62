// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tally/image/grey_image.hpp"

namespace tally {

/// Drawings with their classes, each brought to 28 x 28 as tally-predict does.
struct DigitCollection {
  std::vector<std::vector<GreyImage>> digits;  ///< of each class, in the order of their sources
  std::vector<std::string> unused;             ///< what has no digit: where it is, and why
};

/// From a directory with a folder of PNG or JPEG files for each class, named 0, 1, ...
DigitCollection collect_folders(const std::filesystem::path& source);

/// How a sheet is divided into cells, and which class is in which. Texts are as on the command
/// line.
struct SheetLayout {
  std::string cell;        ///< "20x20": their size in pixels; or, if that is empty,
  std::string grid;        ///< "10x6": how many there are, across and down
  std::string labels;      ///< of the cells in a row, "0123456789" or "10,11,-", again and again
  int classes = 10;        ///< without labels: as many cells of each, one class after the other
  int margin_percent = 0;  ///< of a cell, left out at each of its sides: ruled lines
};

/// From one image of many drawings.
DigitCollection collect_sheet(const std::filesystem::path& source, const SheetLayout& layout);

}  // namespace tally
