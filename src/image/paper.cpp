// SPDX-License-Identifier: MIT
#include "tally/image/paper.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "paper_mask.hpp"
#include "tally/core/stop_point.hpp"
#include "tally/image/tones.hpp"

namespace tally {
namespace {

/// Every so many pixels of a cell are looked at, in each direction.
int sample_step(int block) {
  constexpr int kMostSamples = 8;
  return (block + kMostSamples - 1) / kMostSamples;
}

/// The median of each cell of the page: thin strokes and specks do not reach it, whichever side
/// ink is on.
cv::Mat1f cell_medians(const GreyImage& page, int block) {
  const auto cells = [block](int side) { return (side + block - 1) / block; };
  const int step = sample_step(block);
  cv::Mat1f medians(cells(page.height), cells(page.width));
  std::vector<std::uint8_t> samples;
  for (int row = 0; row < medians.rows; ++row) {
    stop_point();
    for (int column = 0; column < medians.cols; ++column) {
      samples.clear();
      for (int y = row * block; y < std::min(page.height, (row + 1) * block); y += step) {
        for (int x = column * block; x < std::min(page.width, (column + 1) * block); x += step) {
          samples.push_back(page.at(x, y));
        }
      }
      const auto [darkest, lightest] = std::ranges::minmax(samples);
      // Most cells of a clean page show one tone, for which no order is needed.
      medians(row, column) = darkest == lightest ? darkest : median(samples);
    }
  }
  return medians;
}

/// The mean of `values` over the cells of `mask` around each cell, by Gaussian weights; falls to 0
/// where there is no such cell near. Cells at the edge of the mask may have a trace of ink and are
/// left out.
cv::Mat1f local_mean(const cv::Mat1f& values, const cv::Mat1b& mask, double sigma) {
  constexpr double kNoEvidence = 0.05;
  cv::Mat1b inner;
  cv::erode(mask, inner, cv::Mat1b(3, 3, std::uint8_t{1}));
  cv::Mat1f known;
  inner.convertTo(known, CV_32F, 1.0 / 255);
  cv::Mat1f sum = values.mul(known);
  const int reach = 2 * static_cast<int>(std::ceil(2.5 * sigma)) + 1;
  const auto blur = [&](cv::Mat1f& grid) {
    cv::GaussianBlur(grid, grid, {reach, reach}, sigma, sigma,
                     cv::BORDER_CONSTANT | cv::BORDER_ISOLATED);
  };
  blur(sum);
  blur(known);
  return sum / (known + kNoEvidence);
}

/// The paper's level in each cell, from coarse to fine: under ink it comes from paper far around,
/// elsewhere it follows the light closely. Unless the page `is_shaded`, so that levels are far off
/// at first, `mask` is renewed between the steps; in the end it is in any case.
cv::Mat1f fit_levels(const cv::Mat1f& cells, cv::Mat1b& mask, bool is_shaded) {
  cv::Mat1f weights;
  mask.convertTo(weights, CV_32F, 1.0 / 255);
  cv::Mat1f levels = fit_plane(cells, weights);
  for (const double sigma : {13.5, 4.5, 1.5, 1.5}) {  // cells
    if (!is_shaded) mask = within_tolerance(cells - levels, mask);
    levels += local_mean(cells - levels, mask, sigma);
  }
  mask = within_tolerance(cells - levels, mask);
  return levels;
}

/// How far the quarter of the pixels that deviates most to one side does so at least. Deviations
/// were rounded when they were counted: value v stands for all from v - 1/2 to v + 1/2.
double upper_quartile(const std::array<std::int64_t, 256>& counts, std::int64_t total) {
  double remaining = static_cast<double>(total) / 4;
  for (std::size_t value = counts.size() - 1; value > 0; --value) {
    const auto count = static_cast<double>(counts[value]);
    if (remaining <= count) return static_cast<double>(value) + 0.5 - remaining / count;
    remaining -= count;
  }
  return 0;
}

/// One side of the deviations is enough: paper that is burnt out to white deviates to one only.
double measure_grain(const GreyImage& page, const Paper& paper, const cv::Mat1b& mask) {
  const int step = sample_step(paper.block);
  std::vector<std::uint8_t> level(static_cast<std::size_t>(page.width));
  std::array<std::int64_t, 256> darker{};
  std::array<std::int64_t, 256> lighter{};
  std::int64_t total = 0;
  for (int y = 0; y < page.height; y += step) {
    paper_along_row(paper, y, level);
    for (int x = 0; x < page.width; x += step) {
      if (mask(y / paper.block, x / paper.block) == 0) continue;
      const int deviation = level[static_cast<std::size_t>(x)] - page.at(x, y);
      if (deviation > 0) ++darker[static_cast<std::size_t>(deviation)];
      if (deviation < 0) ++lighter[static_cast<std::size_t>(-deviation)];
      ++total;
    }
  }
  return kDeviationPerMedian *
         std::max(upper_quartile(darker, total), upper_quartile(lighter, total));
}

}  // namespace

Paper estimate_paper(const GreyImage& page) {
  Paper paper;
  const int longer_side = std::max(page.width, page.height);
  paper.block = (longer_side + kLargestGridSide - 1) / kLargestGridSide;
  const cv::Mat1f cells = cell_medians(page, paper.block);
  paper.columns = cells.cols;
  paper.rows = cells.rows;
  cv::Mat1b mask = guess_paper(cells);
  cv::Mat1f levels = fit_levels(cells, mask, false);
  // Where a cell is a single pixel, strokes are as wide as shadows.
  const cv::Mat1b shaded = paper.block > 1 ? paper_under_shade(cells, mask) : cv::Mat1b();
  if (!shaded.empty()) {
    mask = shaded;
    levels = fit_levels(cells, mask, true);
  }
  for (const float level : levels) paper.levels.push_back(std::clamp(level, 0.0F, 255.0F));
  paper.grain = measure_grain(page, paper, mask);
  return paper;
}

void paper_along_row(const Paper& paper, int y, std::span<std::uint8_t> row) {
  // Levels hold at the cells' centres; beyond the outermost centres they go on unchanged.
  const float block = static_cast<float>(paper.block);
  const float at_row = std::clamp((static_cast<float>(y) + 0.5F) / block - 0.5F, 0.0F,
                                  static_cast<float>(paper.rows - 1));
  const int upper = static_cast<int>(at_row);
  const int lower = std::min(upper + 1, paper.rows - 1);
  const auto columns = static_cast<std::size_t>(paper.columns);
  const float* above = paper.levels.data() + static_cast<std::size_t>(upper) * columns;
  const float* below = paper.levels.data() + static_cast<std::size_t>(lower) * columns;
  std::array<float, kLargestGridSide> levels{};
  for (std::size_t column = 0; column < columns; ++column) {
    const float share = at_row - static_cast<float>(upper);
    levels[column] = above[column] + (below[column] - above[column]) * share;
  }
  const auto level = [&](int column) {
    return levels[static_cast<std::size_t>(std::clamp(column, 0, paper.columns - 1))];
  };
  // A straight line from each centre to the next; with a centre between two pixels, or on one.
  const auto width = static_cast<int>(row.size());
  for (int column = -1; column < paper.columns; ++column) {
    const int centre = column * paper.block + paper.block / 2;
    const int end = std::min(width, centre + paper.block);
    const float slope = (level(column + 1) - level(column)) / block;
    const float start = level(column) + 0.5F + (paper.block % 2 == 0 ? slope / 2 : 0);
    for (int x = std::max(0, centre); x < end; ++x) {
      const float value = start + slope * static_cast<float>(x - centre);
      row[static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F));
    }
  }
}

}  // namespace tally
