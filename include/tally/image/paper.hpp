// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/image/grey_image.hpp"

// The paper under a drawing: how bright the page would be without ink. Light on a photographed page
// is uneven, so paper has a level of its own in each cell of a coarse grid.
namespace tally {

struct Paper {
  int block = 1;  ///< side of a cell, in pixels of the page
  int columns = 0;
  int rows = 0;
  std::vector<float> levels;  ///< [rows x columns], brightness
  double grain = 0;           ///< standard deviation of single pixels of paper, robustly
};

/// Paper is what most of the page shows; where two tones share a page evenly (a drawing that fills
/// it), paper is the tone of most of the rim and corners. `page` must have pixels.
Paper estimate_paper(const GreyImage& page);

/// The paper's brightness along row `y` of the page, interpolated between cells and rounded.
void paper_along_row(const Paper& paper, int y, std::span<std::uint8_t> row);

}  // namespace tally
