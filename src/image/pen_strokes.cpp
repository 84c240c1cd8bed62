// SPDX-License-Identifier: MIT
#include "pen_strokes.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace tally {
namespace {

using std::numbers::pi;

PenPoint on_circle(double angle) {
  return {std::cos(angle), std::sin(angle)};
}

PenPoint shaken(Dice& dice, double deviation) {
  const double x = dice.normal(deviation), y = dice.normal(deviation);
  return {x, y};
}

PenStroke arc(PenPoint centre, PenPoint radii, double from, double to) {
  constexpr int kSteps = 24;
  PenStroke stroke;
  for (int i = 0; i <= kSteps; ++i) {
    const PenPoint unit = on_circle(from + (to - from) * i / kSteps);
    stroke.push_back({centre.x + radii.x * unit.x, centre.y + radii.y * unit.y});
  }
  return stroke;
}

/// A parabola from a to b that swerves aside by half of `bend` times their distance.
void append_curve(PenStroke& stroke, PenPoint a, PenPoint b, double bend) {
  const int steps = bend == 0 ? 1 : 14;
  const PenPoint way = b - a, aside{-way.y, way.x};
  for (int i = stroke.empty() ? 0 : 1; i <= steps; ++i) {
    const double t = static_cast<double>(i) / steps;
    stroke.push_back(a + t * way + 2 * bend * t * (1 - t) * aside);
  }
}

/// Through all points (Catmull and Rom, "A class of local interpolating splines", 1974).
PenStroke smooth(const PenStroke& points) {
  constexpr int kSteps = 8;
  PenStroke stroke;
  const auto point = [&](std::size_t i) {  // with one more at each end
    if (i == 0) return 2 * points[0] - points[1];
    if (i <= points.size()) return points[i - 1];
    return 2 * points.back() - points[points.size() - 2];
  };
  for (std::size_t i = 1; i < points.size(); ++i) {
    const PenPoint a = point(i - 1), b = point(i), c = point(i + 1), d = point(i + 2);
    for (int j = 0; j < kSteps; ++j) {
      const double t = static_cast<double>(j) / kSteps;
      stroke.push_back(0.5 * (2 * b + t * (c - a) + t * t * (2 * a - 5 * b + 4 * c - d) +
                              t * t * t * (3 * b - a - 3 * c + d)));
    }
  }
  stroke.push_back(points.back());
  return stroke;
}

/// As letters are written: from point to point of a lattice, straight or bent.
std::vector<PenStroke> lattice(Dice& dice) {
  const int columns = dice.between(2, 3), rows = dice.between(2, 4);
  const double width = dice.uniform(0.35, 1.1), shaking = dice.chance(0.5) ? 0.04 : 0;
  PenStroke points;
  for (int x = 0; x < columns; ++x) {
    for (int y = 0; y < rows; ++y) {
      const PenPoint at{x * width / (columns - 1), static_cast<double>(y) / (rows - 1)};
      points.push_back(at + shaken(dice, shaking));
    }
  }
  const double bent_share = dice.one_of(std::array{0.0, 0.5, 0.9});
  std::vector<PenStroke> strokes;
  std::size_t at = dice.index(points.size());
  for (int stroke = dice.between(1, 4); stroke > 0 || strokes.empty(); --stroke) {
    if (dice.chance(0.5)) at = dice.index(points.size());
    PenStroke path;
    for (int leg = dice.between(1, 3); leg > 0; --leg) {
      const std::size_t to = dice.index(points.size());
      if (to == at) continue;
      const double side = dice.sign(), bend = dice.uniform(0.3, 1.2);
      append_curve(path, points[at], points[to], dice.chance(bent_share) ? side * bend : 0);
      at = to;
    }
    if (!path.empty()) strokes.push_back(std::move(path));
  }
  return strokes;
}

/// As letters are built: upright stems, and bowls beside them.
std::vector<PenStroke> stems_and_bowls(Dice& dice) {
  constexpr std::array kTops = {0.0, 0.35, -0.4}, kBottoms = {1.0, 0.65, 1.4};
  constexpr std::array kHeights = {0.25, 0.5, 0.65, 0.75};
  constexpr std::array kTurns = {pi, 1.5 * pi, 1.75 * pi, 2 * pi};
  std::vector<PenStroke> strokes;
  for (int stem = dice.between(0, 2); stem > 0; --stem) {
    const double x = dice.uniform(0, 1), top = dice.one_of(kTops);
    const double lean = dice.normal(0.03), bottom = dice.one_of(kBottoms);
    strokes.push_back({{x, top}, {x + lean, bottom}});
  }
  for (int bowl = dice.between(1, 3); bowl > 0; --bowl) {
    const int eighth = dice.between(0, 7);
    const double from = eighth * pi / 4 + dice.normal(0.1);
    const double x = dice.uniform(0, 1), y = dice.one_of(kHeights);
    const double width = dice.uniform(0.2, 0.6), height = dice.uniform(0.2, 0.5);
    const double side = dice.sign(), turn = dice.one_of(kTurns);
    strokes.push_back(arc({x, y}, {width, height}, from, from + side * turn));
  }
  return strokes;
}

/// A polygon, a star, or a blob.
std::vector<PenStroke> closed(Dice& dice) {
  const int corners = dice.between(3, 10);
  const double first = dice.uniform(0, 2 * pi), width = dice.uniform(0.5, 1.5);
  const double inner = dice.chance(0.35) ? dice.uniform(0.35, 1) : 1;
  const bool is_irregular = dice.chance(0.3);
  PenStroke stroke;
  for (int i = 0; i < corners; ++i) {
    const double uneven = is_irregular ? dice.uniform(0.7, 1.2) : 1;
    const double radius = (i % 2 == 1 ? inner : 1) * uneven;
    const PenPoint unit = on_circle(first + 2 * pi * i / corners);
    stroke.push_back({radius * width * unit.x, radius * unit.y});
  }
  stroke.push_back(stroke.front());
  return {dice.chance(0.3) ? smooth(stroke) : stroke};
}

std::vector<PenStroke> ellipse(Dice& dice) {
  const double from = dice.uniform(0, 2 * pi);
  const double turn = dice.chance(0.5) ? 2 * pi : dice.uniform(2, 6.2);
  const double width = dice.uniform(0.45, 1.6);
  return {arc({0, 0}, {width, 1}, from, from + turn)};
}

std::vector<PenStroke> scribble(Dice& dice) {
  const double width = dice.uniform(0.5, 1.5);
  PenStroke points;
  for (int i = dice.between(3, 15); i > 0; --i) {
    const double x = width * dice.uniform(0, 1), y = dice.uniform(0, 1);
    points.push_back({x, y});
  }
  return {smooth(points)};
}

void transpose(std::vector<PenStroke>& strokes) {
  for (PenStroke& stroke : strokes) {
    for (PenPoint& point : stroke) std::swap(point.x, point.y);
  }
}

std::vector<PenStroke> zigzag(Dice& dice) {
  const int turns = dice.between(3, 13);
  const double height = dice.uniform(0.3, 1.5);
  PenStroke points;
  for (int i = 0; i < turns; ++i) {
    const PenPoint at{static_cast<double>(i) / (turns - 1), (i % 2) * height};
    points.push_back(at + shaken(dice, 0.06));
  }
  std::vector<PenStroke> strokes{dice.chance(0.5) ? smooth(points) : points};
  if (dice.chance(0.5)) transpose(strokes);
  return strokes;
}

/// Loops beside each other, one over the other, or a spiral.
std::vector<PenStroke> loops(Dice& dice) {
  constexpr int kSteps = 120;
  const double turns = 2 * pi * dice.uniform(1.2, 7), height = dice.uniform(0.6, 1.5);
  const double drift = dice.chance(0.5) ? dice.uniform(0, 0.3) : 0;
  const double first_radius = drift > 0 ? 1 : dice.chance(0.6) ? 0 : dice.uniform(0.2, 1);
  PenStroke stroke;
  for (int i = 0; i <= kSteps; ++i) {
    const double share = static_cast<double>(i) / kSteps;
    const double radius = first_radius + (1 - first_radius) * share;
    const PenPoint unit = on_circle(turns * share);
    stroke.push_back({radius * unit.x + drift * turns * share, radius * height * unit.y});
  }
  return {stroke};
}

/// Lines beside each other; sometimes others across.
std::vector<PenStroke> hatching(Dice& dice) {
  const int lines = dice.between(1, 8);
  const double width = dice.uniform(0.3, 1.4), tilt = dice.uniform(-0.8, 0.8);
  const double shaking = 0.03 * dice.between(0, 2);
  std::vector<PenStroke> strokes;
  for (int i = 0; i < lines; ++i) {
    const double x = lines == 1 ? 0 : width * i / (lines - 1);
    const PenPoint top = PenPoint{x, 0} + shaken(dice, shaking);
    const PenPoint bottom = PenPoint{x + tilt, 1} + shaken(dice, shaking);
    strokes.push_back({top, bottom});
  }
  if (dice.chance(0.3)) {
    std::vector<PenStroke> across = strokes;
    transpose(across);
    across.resize(static_cast<std::size_t>(dice.between(1, lines)));
    strokes.insert(strokes.end(), across.begin(), across.end());
  }
  if (dice.chance(0.5)) transpose(strokes);
  return strokes;
}

std::vector<PenStroke> rays(Dice& dice) {
  const int count = dice.between(2, 6);
  const bool is_regular = dice.chance(0.6);
  const double first = dice.uniform(0, 2 * pi);
  std::vector<PenStroke> strokes;
  for (int i = 0; i < count; ++i) {
    const double angle = is_regular ? first + 2 * pi * i / count : dice.uniform(0, 2 * pi);
    const double length = dice.chance(0.3) ? dice.uniform(0.4, 1) : 1;
    strokes.push_back({{0, 0}, length * on_circle(angle)});
  }
  return strokes;
}

struct Kind {
  double share;
  std::vector<PenStroke> (*strokes)(Dice&);
};

// Letters are what digits are most easily mistaken for, and the most varied.
constexpr std::array<Kind, 9> kKinds = {{{0.36, lattice},
                                         {0.20, stems_and_bowls},
                                         {0.09, closed},
                                         {0.05, ellipse},
                                         {0.09, scribble},
                                         {0.05, zigzag},
                                         {0.06, loops},
                                         {0.06, hatching},
                                         {0.04, rays}}};

std::vector<PenStroke> strokes_of_a_kind(Dice& dice) {
  double left = dice.uniform(0, 1);
  for (const Kind& kind : kKinds) {
    left -= kind.share;
    if (left < 0) return kind.strokes(dice);
  }
  return kKinds.back().strokes(dice);
}

}  // namespace

std::vector<PenStroke> random_strokes(Dice& dice) {
  std::vector<PenStroke> strokes = strokes_of_a_kind(dice);
  while (dice.chance(0.15)) {  // something beside or inside
    const double size = dice.uniform(0.2, 0.8);
    const double x = dice.uniform(-0.3, 0.8), y = dice.uniform(-0.3, 0.8);
    const PenPoint place{x, y};
    for (PenStroke& stroke : strokes_of_a_kind(dice)) {
      for (PenPoint& point : stroke) point = size * point + place;
      strokes.push_back(std::move(stroke));
    }
  }
  return strokes;
}

}  // namespace tally
