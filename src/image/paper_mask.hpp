// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>

// Which cells of a coarse grid over a page (paper.hpp) show paper. Private to this layer: masks are
// 255 or 0 per cell.
namespace tally {

/// The longer side of the grid is at most this many cells.
inline constexpr int kLargestGridSide = 96;

/// A standard deviation from the median of absolute deviations, for a normal distribution.
inline constexpr double kDeviationPerMedian = 1.4826;

/// A first guess from the brightness of the cells: one of two distinct tones, if there are two,
/// else what lies near the plane that most cells lie on.
cv::Mat1b guess_paper(const cv::Mat1f& cells);

/// The cells whose deviation is like that of most cells in `mask`.
cv::Mat1b within_tolerance(const cv::Mat1f& deviations, const cv::Mat1b& mask);

/// Where `mask` lacks a corner of the page, which ink hardly ever covers, and a part too wide for
/// strokes: all of the page but its strokes, since a part of it is in the shadow. Empty if the mask
/// is right, or if that does not make almost the whole rim paper.
cv::Mat1b paper_under_shade(const cv::Mat1f& cells, const cv::Mat1b& mask);

/// The plane that fits the cells best in weighted least squares.
cv::Mat1f fit_plane(const cv::Mat1f& cells, const cv::Mat1f& weights);

}  // namespace tally
