// SPDX-License-Identifier: MIT
#include "tally/image/ink.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include <opencv2/imgproc.hpp>

#include "opencv_view.hpp"
#include "paper_mask.hpp"
#include "tally/core/stop_point.hpp"
#include "tally/image/digit_groups.hpp"
#include "tally/image/drawing_choice.hpp"
#include "tally/image/ink_parts.hpp"
#include "tally/image/paper.hpp"
#include "tally/image/ruling.hpp"
#include "tally/image/tones.hpp"

namespace tally {
namespace {

constexpr int kFullInk = 255;
constexpr double kGrainsOfInk = 4;  // ink differs from paper by more than so many deviations

/// In levels; a page that varies less shows nothing. Shading is followed to a tenth of its range.
double least_contrast(const Paper& paper) {
  const auto [darkest, lightest] = std::ranges::minmax_element(paper.levels);
  return std::max(10.0, (*lightest - *darkest) / 8.0);
}

/// How often the page is darker or lighter than its paper by 0 to 255.
struct Deviations {
  std::array<std::int64_t, 256> darker{};
  std::array<std::int64_t, 256> lighter{};
};

Deviations measure_deviations(const GreyImage& page, const Paper& paper) {
  Deviations deviations;
  std::vector<std::uint8_t> level(static_cast<std::size_t>(page.width));
  for (int y = 0; y < page.height; ++y) {
    stop_point();
    paper_along_row(paper, y, level);
    const std::uint8_t* row = page.row(y);
    for (std::size_t x = 0; x < level.size(); ++x) {
      const int deviation = level[x] - row[x];
      (deviation >= 0 ? deviations.darker
                      : deviations.lighter)[static_cast<std::size_t>(std::abs(deviation))] += 1;
    }
  }
  return deviations;
}

/// Squares, so that a few strokes of strong contrast outweigh a wide reflection of light.
double contrast_energy(const std::array<std::int64_t, 256>& counts, double threshold) {
  double energy = 0;
  for (std::size_t deviation = 0; deviation < counts.size(); ++deviation) {
    const auto size = static_cast<double>(deviation);
    if (size > threshold) energy += size * size * static_cast<double>(counts[deviation]);
  }
  return energy;
}

int largest(const std::array<std::int64_t, 256>& counts) {
  int deviation = kFullInk;
  while (deviation > 0 && counts[static_cast<std::size_t>(deviation)] == 0) --deviation;
  return deviation;
}

/// By how much ink is to be strengthened where paper has a level, in 256ths. Dark ink takes a share
/// of the light away, so under half the light it stands out half as much. Light ink on a dark page
/// is left as it is.
std::array<int, 256> light_factors(const Paper& paper, bool is_dark) {
  constexpr int kUnit = 256;
  constexpr int kMost = 2;  // deeper shadows are all the same to noise
  const auto lightest = static_cast<int>(std::lround(std::ranges::max(paper.levels)));
  std::array<int, 256> factors{};
  for (int level = 0; level <= kFullInk; ++level) {
    const int factor = kUnit * lightest / std::max(1, level);
    factors[static_cast<std::size_t>(level)] =
        is_dark ? std::clamp(factor, kUnit, kMost * kUnit) : kUnit;
  }
  return factors;
}

/// Turns brightness into ink, in place: the deviation from paper towards ink's side, as if the
/// light were even. Returns the grain of the paper as it is then, at most.
double subtract_paper(GreyImage& page, const Paper& paper, bool is_dark) {
  const std::array<int, 256> factors = light_factors(paper, is_dark);
  std::vector<std::uint8_t> level(static_cast<std::size_t>(page.width));
  for (int y = 0; y < page.height; ++y) {
    stop_point();
    paper_along_row(paper, y, level);
    std::uint8_t* row = page.row(y);
    for (std::size_t x = 0; x < level.size(); ++x) {
      const int deviation = is_dark ? level[x] - row[x] : row[x] - level[x];
      const int ink = (std::max(0, deviation) * factors[level[x]] + 128) / 256;
      row[x] = static_cast<std::uint8_t>(std::min(ink, kFullInk));
    }
  }
  const auto darkest = static_cast<std::size_t>(std::lround(std::ranges::min(paper.levels)));
  return paper.grain * factors[darkest] / 256;
}

/// How strong the haze around the strokes in `box` is: most of the ink near strong ink that does
/// not touch it. The ringing of JPEG is such haze, as far as its blocks of 8 pixels reach.
int measure_haze(const GreyImage& ink, const Box& box, int contrast) {
  constexpr int kTouching = 2;
  constexpr int kReach = 8;
  constexpr int kLargeSide = 400;  // haze adds little to a drawing that large
  constexpr double kMost = 0.98;
  if (std::max(box.width, box.height) > kLargeSide) return 0;
  const GreyImage part = cropped(ink, grown(box, kReach, ink.box()));
  const auto widened = [](const cv::Mat1b& mask, int reach) {
    cv::Mat1b wider;
    cv::dilate(mask, wider, cv::Mat1b(2 * reach + 1, 2 * reach + 1, std::uint8_t{1}));
    return wider;
  };
  const int strong_ink = contrast / 3;
  const cv::Mat1b strong = view_of(part) >= strong_ink;
  const cv::Mat1b touching = widened(strong, kTouching);
  const cv::Mat1b near = widened(strong, kReach);
  std::vector<std::uint8_t> values;
  for (int y = 0; y < part.height; ++y) {
    for (int x = 0; x < part.width; ++x) {
      if (near(y, x) != 0 && touching(y, x) == 0) values.push_back(part.at(x, y));
    }
  }
  return values.empty() ? 0 : quantile(values, kMost);
}

/// The ink on a page before specks are dropped from it.
struct RawInk {
  GreyImage map;
  int contrast = 0;  ///< its strongest pixel
  double grain = 0;  ///< of the paper around it
};

/// Without the lines of squared paper there is less contrast, and less that looks like grain.
void measure_again(RawInk& ink) {
  std::vector<std::uint8_t> values = ink.map.pixels;
  ink.contrast = *std::ranges::max_element(values);
  ink.grain = std::min(ink.grain, kDeviationPerMedian * quantile(values, 0.75));
}

/// Nothing if the page varies too little to show anything.
std::optional<RawInk> take_ink(GreyImage page) {
  const Paper paper = estimate_paper(page);
  const Deviations deviations = measure_deviations(page, paper);
  const double grain = kGrainsOfInk * paper.grain;
  const bool is_dark =
      contrast_energy(deviations.darker, grain) >= contrast_energy(deviations.lighter, grain);
  const int contrast = largest(is_dark ? deviations.darker : deviations.lighter);
  if (contrast < least_contrast(paper)) return std::nullopt;
  RawInk ink{std::move(page), contrast, 0};
  ink.grain = subtract_paper(ink.map, paper, is_dark);
  if (erase_ruling(ink.map, contrast)) measure_again(ink);
  return ink;
}

using ChooseParts = std::vector<bool> (*)(const std::vector<InkPart>& parts, int page_side,
                                          int threshold, WorkBudget& budget);

struct ChosenParts {
  InkParts found;
  std::vector<bool> is_chosen;
  int weakest = 0;  ///< the least ink of the fading edges
};

/// A quarter of the ink of strokes: of the mean over all pixels, each weighted by its ink, so that
/// wide smudges count for little.
int weak_ink(const GreyImage& ink, const Box& box) {
  double sum = 0;
  double square_sum = 0;
  for (int y = box.y; y < box.y + box.height; ++y) {
    const std::uint8_t* row = ink.row(y) + box.x;
    for (int x = 0; x < box.width; ++x) {
      sum += row[x];
      square_sum += row[x] * row[x];
    }
  }
  return std::max(1, static_cast<int>(square_sum / std::max(1.0, sum) / 4));
}

/// Erases in `box` what is farther than `reach` from the chosen parts, in strips of rows: a large
/// page leaves no room for a mask of its size.
void erase_far(GreyImage& ink, const Box& box, const InkParts& found,
               const std::vector<bool>& is_chosen, int reach) {
  constexpr int kStripRows = 512;
  const cv::Mat1b around(2 * reach + 1, 2 * reach + 1, std::uint8_t{1});
  const int bottom = box.y + box.height;
  for (int y = box.y; y < bottom; y += kStripRows) {
    stop_point();
    const int rows = std::min(kStripRows, bottom - y);
    const int begin = std::max(box.y, y - reach);
    const int end = std::min(bottom, y + rows + reach);
    cv::Mat1b near(end - begin, box.width, std::uint8_t{0});
    for (auto run = std::ranges::lower_bound(found.runs, begin, {}, &InkRun::y);
         run != found.runs.end() && run->y < end; ++run) {
      if (!is_chosen[static_cast<std::size_t>(run->part)]) continue;
      std::fill(near[run->y - begin] + run->begin - box.x, near[run->y - begin] + run->end - box.x,
                std::uint8_t{255});
    }
    cv::dilate(near, near, around);
    const cv::Mat1b far = ~near.rowRange(y - begin, y - begin + rows);
    view_of(ink)(cv::Rect(box.x, y, box.width, rows)).setTo(0, far);
  }
}

/// Erases from the ink in the box of the drawing what is far weaker than their strokes and
/// lies apart from those: smudges, what shines through from the other side, and the dust on them.
/// Strokes fade out at their edges, over no more than a small share of their size.
void erase_smudges(GreyImage& ink, const Box& box, ChooseParts choose, WorkBudget& budget) {
  constexpr int kFineSide = 28;  // at MNIST's own resolution faint pixels are strokes, too
  constexpr int kShareOfSide = 20;
  constexpr int kWidestEdge = 50;
  const int longer_side = std::max(box.width, box.height);
  if (longer_side <= kFineSide) return;
  const int weak = weak_ink(ink, box);
  const InkParts strong = find_parts(ink, box, weak);
  const std::vector<bool> is_stroke = choose(strong.parts, longer_side, weak / 2, budget);
  if (std::ranges::find(is_stroke, true) == is_stroke.end()) return;
  erase_far(ink, box, strong, is_stroke, std::clamp(longer_side / kShareOfSide, 1, kWidestEdge));
}

ChosenParts choose_parts(RawInk& ink, ChooseParts choose, WorkBudget& budget) {
  const int page_side = std::max(ink.map.width, ink.map.height);
  int threshold = std::max({1, ink.contrast * kStrokeInk / kFullInk,
                            static_cast<int>(std::ceil(kGrainsOfInk * ink.grain))});
  ChosenParts parts;
  const auto find = [&] {
    stop_point();
    parts.found = find_parts(ink.map, threshold);
    parts.is_chosen = choose(parts.found.parts, page_side, threshold, budget);
    return chosen_box(parts.found.parts, parts.is_chosen);
  };
  const Box box = find();
  if (box.width == 0) return parts;
  parts = {};  // found again below; there is no room for more parts beside them
  stop_point();
  erase_smudges(ink.map, box, choose, budget);
  stop_point();
  constexpr int kStrongestHaze = 10;  // of the full contrast
  const int haze =
      std::min(ink.contrast / kStrongestHaze, 2 * measure_haze(ink.map, box, ink.contrast));
  threshold = std::max(threshold, haze + 1);
  find();
  parts.weakest = 1 + std::max(haze, static_cast<int>(std::lround(kGrainsOfInk / 2 * ink.grain)));
  return parts;
}

}  // namespace

Ink find_drawing(GreyImage page, WorkBudget& budget) {
  std::optional<RawInk> raw = take_ink(std::move(page));
  if (!raw) return {};
  ChosenParts parts = choose_parts(*raw, choose_drawing, budget);
  Ink ink{std::move(raw->map), {}};
  const Box box = keep_parts(ink.map, parts.found, parts.is_chosen, parts.weakest);
  if (box.width == 0) return ink;
  parts = {};
  stretch_to_full_ink(ink.map);
  ink.digits.push_back({cropped(ink.map, box), box});
  return ink;
}

Ink find_digits(GreyImage page, WorkBudget& budget) {
  std::optional<RawInk> raw = take_ink(std::move(page));
  if (!raw) return {};
  ChosenParts parts = choose_parts(*raw, choose_strokes, budget);
  const std::vector<std::vector<int>> digits = group_digits(parts.found, parts.is_chosen, budget);
  parts.is_chosen.assign(parts.is_chosen.size(), false);
  for (const std::vector<int>& digit : digits) {
    for (const int part : digit) parts.is_chosen[static_cast<std::size_t>(part)] = true;
  }
  Ink ink{std::move(raw->map), {}};
  keep_parts(ink.map, parts.found, parts.is_chosen, parts.weakest);
  const DigitCutter cutter(ink.map, parts.found);
  for (const std::vector<int>& digit : digits) {
    ink.digits.push_back(cutter.cut_out(digit, budget));
    stretch_to_full_ink(ink.digits.back().ink);
  }
  stretch_to_full_ink(ink.map);
  return ink;
}

void stretch_to_full_ink(GreyImage& ink) {
  constexpr int kCloseToFull = 250;
  constexpr std::int64_t kOneIn = 500;
  std::array<std::int64_t, 256> counts{};
  for (const std::uint8_t value : ink.pixels) ++counts[value];
  const auto inked_count = static_cast<std::int64_t>(ink.pixels.size()) - counts[0];
  std::int64_t stronger = inked_count / kOneIn;
  int full = kFullInk;
  while (full > 0 && (stronger -= counts[static_cast<std::size_t>(full)]) >= 0) --full;
  if (full >= kCloseToFull || full == 0) return;
  std::array<std::uint8_t, 256> stretched{};
  for (int value = 0; value <= kFullInk; ++value) {
    const int scaled = (value * kFullInk + full / 2) / full;
    stretched[static_cast<std::size_t>(value)] =
        static_cast<std::uint8_t>(std::min(scaled, kFullInk));
  }
  for (std::uint8_t& value : ink.pixels) value = stretched[value];
}

}  // namespace tally
