// SPDX-License-Identifier: MIT
#include "tally/image/pen_figure.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "dice.hpp"
#include "opencv_view.hpp"
#include "pen_strokes.hpp"
#include "tally/image/digit_image.hpp"

namespace tally {
namespace {

constexpr double kFigureSide = 80;  // pixels of its longer side, without the pen's width

struct Bounds {
  PenPoint low{std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};
  PenPoint high{std::numeric_limits<double>::lowest(), std::numeric_limits<double>::lowest()};

  explicit Bounds(const std::vector<PenStroke>& strokes) {
    for (const PenStroke& stroke : strokes) {
      for (const PenPoint point : stroke) {
        low = {std::min(low.x, point.x), std::min(low.y, point.y)};
        high = {std::max(high.x, point.x), std::max(high.y, point.y)};
      }
    }
  }
  [[nodiscard]] double longer_side() const { return std::max(high.x - low.x, high.y - low.y); }
};

template <typename Map>
void map_points(std::vector<PenStroke>& strokes, Map map) {
  for (PenStroke& stroke : strokes) std::ranges::transform(stroke, stroke.begin(), map);
}

/// Turned and slanted a little, then of a longer side of 1.
void tilt(std::vector<PenStroke>& strokes, Dice& dice) {
  const double angle = dice.normal(0.1), slant = dice.normal(0.12) + 0.06;
  const double cosine = std::cos(angle), sine = std::sin(angle);
  map_points(strokes, [&](PenPoint p) {
    const PenPoint turned{cosine * p.x - sine * p.y, sine * p.x + cosine * p.y};
    return PenPoint{turned.x - slant * turned.y, turned.y};
  });
  const Bounds bounds(strokes);
  const double scale = 1 / std::max(bounds.longer_side(), 1e-6);
  map_points(strokes, [&](PenPoint p) { return scale * (p - bounds.low); });
}

PenStroke with_points_between(const PenStroke& stroke) {
  constexpr int kPieces = 5;
  PenStroke dense;
  for (std::size_t i = 1; i < stroke.size(); ++i) {
    for (int j = 0; j < kPieces; ++j) {
      dense.push_back(stroke[i - 1] +
                      (static_cast<double>(j) / kPieces) * (stroke[i] - stroke[i - 1]));
    }
  }
  dense.push_back(stroke.back());
  return dense;
}

/// Moves the paper under the pen by a few waves, as an unsteady hand does.
void wobble(std::vector<PenStroke>& strokes, double strength, Dice& dice) {
  struct Wave {
    PenPoint direction, shift;
    double phase;
  };
  std::vector<Wave> waves;
  for (const PenPoint shift : {PenPoint{strength, 0}, PenPoint{0, strength}}) {
    for (int i = 0; i < 3; ++i) {
      const PenPoint direction{dice.normal(6), dice.normal(6)};
      waves.push_back({direction, shift, dice.uniform(0, 2 * std::numbers::pi)});
    }
  }
  std::ranges::transform(strokes, strokes.begin(), with_points_between);
  map_points(strokes, [&](PenPoint p) {
    PenPoint moved = p;
    for (const Wave& wave : waves) {
      const double height = std::sin(wave.direction.x * p.x + wave.direction.y * p.y + wave.phase);
      moved = moved + height * wave.shift;
    }
    return moved;
  });
}

GreyImage drawn(const std::vector<PenStroke>& strokes, double pen, bool is_filled) {
  constexpr int kShift = 4;  // binary digits of a pixel's parts
  const Bounds bounds(strokes);
  const PenPoint margin{pen, pen}, low = kFigureSide * bounds.low - margin;
  const PenPoint size = kFigureSide * (bounds.high - bounds.low) + 2 * margin;
  GreyImage page(static_cast<int>(std::ceil(size.x)) + 1, static_cast<int>(std::ceil(size.y)) + 1);
  cv::Mat canvas = view_of(page);
  for (const PenStroke& stroke : strokes) {
    std::vector<cv::Point> points;
    for (const PenPoint p : stroke) {
      const PenPoint at = kFigureSide * p - low;
      points.emplace_back(cv::saturate_cast<int>(at.x * (1 << kShift)),
                          cv::saturate_cast<int>(at.y * (1 << kShift)));
    }
    if (is_filled) cv::fillPoly(canvas, points, 255, cv::LINE_AA, kShift);
    cv::polylines(canvas, points, false, 255, std::max(1, static_cast<int>(std::lround(pen))),
                  cv::LINE_AA, kShift);
  }
  return page;
}

}  // namespace

GreyImage pen_figure(RandomStream& stream) {
  Dice dice(stream);
  std::vector<PenStroke> strokes = random_strokes(dice);
  tilt(strokes, dice);
  if (dice.chance(0.5)) wobble(strokes, dice.chance(0.5) ? 0.02 : 0.04, dice);
  const double pen = kFigureSide * std::exp(dice.uniform(std::log(0.04), std::log(0.24)));
  return digit_of_ink(drawn(strokes, pen, dice.chance(0.05)));
}

}  // namespace tally
