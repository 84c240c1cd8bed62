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

TwoTones split(const cv::Mat1f& cells) {
  return split_tones({cells.ptr<float>(), cells.total()});
}

/// The paper where the page has two distinct tones, else nothing.
cv::Mat1b paper_of_two_tones(const cv::Mat1f& cells) {
  constexpr double kDistinct = 0.78;   // even spreads reach 0.75, normal ones 0.64
  constexpr double kLeastPaper = 0.2;  // a smaller share is not paper, whatever it claims
  const TwoTones tones = split(cells);
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

/// Whether any part of the mask is wider than all strokes, even on a page cut at the digit.
bool has_wide_part(const cv::Mat1b& mask) {
  constexpr double kWidestStroke = 0.18;  // of the page's longer side
  const auto side = static_cast<int>(kWidestStroke * std::max(mask.rows, mask.cols)) + 1;
  cv::Mat1b wide;
  cv::erode(mask, wide, cv::Mat1b(side, side, std::uint8_t{1}), {-1, -1}, 1, cv::BORDER_CONSTANT,
            cv::Scalar(0));
  return cv::countNonZero(wide) > 0;
}

/// Whether ink is darker than its paper rather than lighter, where the two tones of the page may be
/// lit and shaded paper: then ink goes beyond one of them.
bool is_dark_ink(const cv::Mat1f& cells, bool has_two_tones) {
  double darkest = 0;
  double lightest = 0;
  if (!has_two_tones) {
    cv::minMaxLoc(cells - plane_of_majority(cells), &darkest, &lightest);
    return -darkest >= lightest;
  }
  const cv::Mat1b dark = cells <= split(cells).threshold;
  std::vector<float> dark_tones = values_in(cells, dark);
  std::vector<float> light_tones = values_in(cells, ~dark);
  cv::minMaxLoc(cells, &darkest, &lightest);
  return median(dark_tones) - darkest >= lightest - median(light_tones);
}

/// All of the page but its strokes, if that makes almost the whole rim paper. Strokes are what
/// `remove` takes away: MORPH_CLOSE dark ones, MORPH_OPEN light ones.
cv::Mat1b all_but_strokes(const cv::Mat1f& cells, int remove) {
  constexpr double kAlmostAll = 0.9;
  double darkest = 0;
  double lightest = 0;
  cv::minMaxLoc(cells, &darkest, &lightest);
  // Where a slope meets the rim, closing is as far off.
  const double faintest = std::max(12.0, (lightest - darkest) / 8);
  // The widest strokes first: ink that is wider than that looks like shade.
  for (const double share_of_side : {0.25, 0.18, 0.12, 0.08}) {
    const auto side = static_cast<int>(share_of_side * std::max(cells.rows, cells.cols));
    cv::Mat1f levels;
    cv::morphologyEx(cells, levels, remove, cv::Mat1b(side, side, std::uint8_t{1}));
    const cv::Mat1f strokes = cv::abs(levels - cells);
    double strongest = 0;
    cv::minMaxLoc(strokes, nullptr, &strongest);
    const cv::Mat1b paper = strokes <= std::max(faintest, strongest / 4);
    if (claim_to_be_paper(paper) > kAlmostAll) return paper;
  }
  return {};
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

cv::Mat1b paper_under_shade(const cv::Mat1f& cells, const cv::Mat1b& mask) {
  const cv::Mat1b one_tone = paper_of_two_tones(cells);
  const cv::Mat1b& lit_alike = one_tone.empty() ? mask : one_tone;
  if (corner_count(lit_alike) == 4 || !has_wide_part(~lit_alike)) return {};
  const bool is_dark = is_dark_ink(cells, !one_tone.empty());
  const cv::Mat1b paper = all_but_strokes(cells, is_dark ? cv::MORPH_CLOSE : cv::MORPH_OPEN);
  if (!paper.empty()) return paper;
  return all_but_strokes(cells, is_dark ? cv::MORPH_OPEN : cv::MORPH_CLOSE);
}

}  // namespace tally
