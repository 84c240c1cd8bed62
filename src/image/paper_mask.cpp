// SPDX-License-Identifier: MIT
#include "paper_mask.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "tally/image/tones.hpp"

namespace tally {
namespace {

double share(const cv::Mat1b& mask) {
  return static_cast<double>(cv::countNonZero(mask)) / static_cast<double>(mask.total());
}

int corner_count(const cv::Mat1b& mask) {
  const int right = mask.cols - 1;
  const int bottom = mask.rows - 1;
  return (mask(0, 0) != 0 ? 1 : 0) + (mask(0, right) != 0 ? 1 : 0) +
         (mask(bottom, 0) != 0 ? 1 : 0) + (mask(bottom, right) != 0 ? 1 : 0);
}

/// How much of the page, of its rim and of its corners is in `mask`; corners count twice. Ink that
/// is cut out to its very edge covers much of the area, less of the rim, and hardly a corner: on
/// MNIST's digits cut so this is right in 999 of 1000.
double claim_to_be_paper(const cv::Mat1b& mask) {
  const double rim = (share(mask.row(0)) + share(mask.row(mask.rows - 1)) + share(mask.col(0)) +
                      share(mask.col(mask.cols - 1))) /
                     4;
  return (share(mask) + rim + 2 * corner_count(mask) / 4.0) / 4;
}

/// The paper where the page has two distinct tones, else nothing.
cv::Mat1b paper_of_two_tones(const cv::Mat1f& cells) {
  constexpr double kDistinct = 0.78;   // even spreads reach 0.75, normal ones 0.64
  constexpr double kLeastPaper = 0.2;  // a smaller share is not paper, whatever it claims
  const TwoTones tones = split_tones({cells.ptr<float>(), cells.total()});
  if (tones.separation < kDistinct) return {};
  const cv::Mat1b dark = cells <= tones.threshold;
  const double dark_share = share(dark);
  const bool is_dark =
      dark_share >= kLeastPaper && (dark_share > 1 - kLeastPaper || claim_to_be_paper(dark) > 0.5);
  return is_dark ? dark : cv::Mat1b(~dark);
}

/// Rows of (1, x, y), one per cell.
cv::Mat1f plane_terms(int rows, int columns) {
  cv::Mat1f terms(rows * columns, 3);
  for (int i = 0; i < terms.rows; ++i) {
    const int column = i % columns;
    const int row = i / columns;
    terms(i, 0) = 1;
    terms(i, 1) = static_cast<float>(column) / static_cast<float>(columns);
    terms(i, 2) = static_cast<float>(row) / static_cast<float>(rows);
  }
  return terms;
}

/// The plane with the least sum of absolute deviations, by reweighting: it goes through the
/// majority of the cells, however far off the others are.
cv::Mat1f plane_of_majority(const cv::Mat1f& cells) {
  constexpr int kRounds = 12;
  constexpr float kLeastDeviation = 0.5F;
  cv::Mat1f weights(cells.size(), 1.0F);
  cv::Mat1f plane = fit_plane(cells, weights);
  for (int round = 0; round < kRounds; ++round) {
    weights = 1 / cv::max(cv::abs(cells - plane), kLeastDeviation);
    plane = fit_plane(cells, weights);
  }
  return plane;
}

std::vector<float> values_in(const cv::Mat1f& cells, const cv::Mat1b& mask) {
  std::vector<float> values;
  for (int row = 0; row < cells.rows; ++row) {
    for (int column = 0; column < cells.cols; ++column) {
      if (mask(row, column) != 0) values.push_back(cells(row, column));
    }
  }
  return values;
}

/// The lightest minus the darkest of each cell and its eight neighbours.
cv::Mat1f steepness(const cv::Mat1f& cells) {
  const cv::Mat1b around(3, 3, std::uint8_t{1});
  cv::Mat1f lightest;
  cv::Mat1f darkest;
  cv::dilate(cells, lightest, around);
  cv::erode(cells, darkest, around);
  return lightest - darkest;
}

/// Above it the brightness around a cell changes too fast for shading.
double steepest_shade(const cv::Mat1f& cells) {
  // In a smaller grid the same shadow's edge takes fewer cells.
  const double steepest = 24.0 * kLargestGridSide / std::max(cells.rows, cells.cols);
  double darkest = 0;
  double lightest = 0;
  cv::minMaxLoc(cells, &darkest, &lightest);
  return std::clamp((lightest - darkest) / 4, 4.0, steepest);
}

}  // namespace

cv::Mat1f fit_plane(const cv::Mat1f& cells, const cv::Mat1f& weights) {
  const cv::Mat1f terms = plane_terms(cells.rows, cells.cols);
  cv::Mat1f weighted = terms.clone();
  for (int i = 0; i < terms.rows; ++i) weighted.row(i) *= weights.ptr<float>()[i];
  const cv::Mat1f values = cells.reshape(1, static_cast<int>(cells.total()));
  cv::Mat1f coefficients;
  // By singular values: a page of one row or column leaves a coefficient open.
  cv::solve(cv::Mat1f(terms.t() * weighted), cv::Mat1f(weighted.t() * values), coefficients,
            cv::DECOMP_SVD);
  return cv::Mat1f(terms * coefficients).reshape(1, cells.rows);
}

cv::Mat1b within_tolerance(const cv::Mat1f& deviations, const cv::Mat1b& mask) {
  constexpr double kDeviations = 3;
  constexpr double kNarrowest = 2;  // levels: what rounding and mild compression do to even paper
  const cv::Mat1f sizes = cv::abs(deviations);
  std::vector<float> known = values_in(sizes, mask);
  if (known.empty()) return mask;
  return sizes <= std::max(kNarrowest, kDeviations * kDeviationPerMedian * median(known));
}

cv::Mat1b guess_paper(const cv::Mat1f& cells) {
  const cv::Mat1b tone = paper_of_two_tones(cells);
  if (tone.empty()) {
    return within_tolerance(cells - plane_of_majority(cells), cv::Mat1b(cells.size(), 255));
  }
  std::vector<float> values = values_in(cells, tone);
  return within_tolerance(cells - median(values), tone) & tone;
}

cv::Mat1b extended_over_shade(const cv::Mat1f& cells, const cv::Mat1b& mask) {
  constexpr double kAlmostAll = 0.9;
  if (corner_count(mask) == 4) return {};
  cv::Mat1i regions;
  const int region_count =
      cv::connectedComponents(steepness(cells) <= steepest_shade(cells), regions, 4);
  std::vector<bool> is_reached(static_cast<std::size_t>(region_count), false);
  for (int i = 0; i < static_cast<int>(mask.total()); ++i) {
    if (mask.ptr()[i] != 0) is_reached[static_cast<std::size_t>(regions.ptr<int>()[i])] = true;
  }
  is_reached[0] = false;  // the cells that are too steep
  cv::Mat1b extended = mask.clone();
  for (int i = 0; i < static_cast<int>(mask.total()); ++i) {
    if (is_reached[static_cast<std::size_t>(regions.ptr<int>()[i])]) extended.ptr()[i] = 255;
  }
  return claim_to_be_paper(extended) > kAlmostAll ? extended : cv::Mat1b();
}

}  // namespace tally
