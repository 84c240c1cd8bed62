// SPDX-License-Identifier: MIT
#include "tally/image/digit_image.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include <opencv2/imgproc.hpp>

#include "opencv_view.hpp"
#include "tally/core/stop_point.hpp"
#include "tally/image/ink.hpp"
#include "tally/image/ink_parts.hpp"

namespace tally {
namespace {

/// `length` scaled by kDigitBoxSide / longer_side, rounded, but never to nothing.
int scaled_side(int length, int longer_side) {
  return std::max(1, (2 * length * kDigitBoxSide + longer_side) / (2 * longer_side));
}

struct Moments {
  std::int64_t mass = 0;
  std::int64_t across = 0;
  std::int64_t down = 0;
};

Moments moments_of(const GreyImage& ink) {
  Moments moments;
  for (int y = 0; y < ink.height; ++y) {
    for (int x = 0; x < ink.width; ++x) {
      const std::int64_t mass = ink.at(x, y);
      moments.mass += mass;
      moments.across += mass * x;
      moments.down += mass * y;
    }
  }
  return moments;
}

/// Where the ink begins on a side of kDigitSide when its centre of mass, moment / mass rounded half
/// up as in MNIST, goes to kDigitCentre.
int offset(std::int64_t moment, std::int64_t mass, int side) {
  const auto centre = static_cast<int>((2 * moment + mass) / (2 * mass));
  return std::clamp(kDigitCentre - centre, 0, kDigitSide - side);
}

/// Strokes have edges, shading has none: the largest step between neighbouring pixels, of 255, is
/// over 200 in every digit of MNIST. Around the ink in `box` there is paper, unless the page ends.
bool has_edges(const GreyImage& resized, const Box& box, const Box& page) {
  constexpr int kLeastStep = 48;
  const bool ends_left = box.x == 0;
  const bool ends_right = box.x + box.width == page.width;
  const bool ends_above = box.y == 0;
  const bool ends_below = box.y + box.height == page.height;
  const auto is_edge = [&](int x, int y, int u, int v) {
    if ((u < 0 && ends_left) || (u == resized.width && ends_right)) return false;
    if ((v < 0 && ends_above) || (v == resized.height && ends_below)) return false;
    const bool is_paper = u < 0 || v < 0 || u == resized.width || v == resized.height;
    return std::abs(resized.at(x, y) - (is_paper ? 0 : resized.at(u, v))) >= kLeastStep;
  };
  for (int y = 0; y < resized.height; ++y) {
    for (int x = 0; x < resized.width; ++x) {
      if (is_edge(x, y, x - 1, y) || is_edge(x, y, x + 1, y)) return true;
      if (is_edge(x, y, x, y - 1) || is_edge(x, y, x, y + 1)) return true;
    }
  }
  return false;
}

/// What find_drawing would leave of ink that is on a page again, so that a prepared digit stays as
/// it is: the strokes and the fading pixels next to them.
void drop_far_fading(GreyImage& ink) {
  const InkParts found = find_parts(ink, kStrokeInk);
  keep_parts(ink, found, std::vector<bool>(found.parts.size(), true), 1);
}

GreyImage resized_strokes(const GreyImage& cropped_ink) {
  GreyImage resized = resized_to_digit_box(cropped_ink);
  stretch_to_full_ink(resized);  // thin strokes grow pale when they shrink
  drop_far_fading(resized);
  return resized;
}

/// What is to be resized. When ink is enlarged, fading edges would become rows and columns of their
/// own, and the strokes too small.
CutInk without_fading(CutInk cut) {
  if (std::max(cut.box.width, cut.box.height) >= kDigitBoxSide) return cut;
  Box strokes;
  for (const InkPart& part : find_parts(cut.ink, kStrokeInk).parts) {
    strokes = united(strokes, part.box);
  }
  return {cropped(cut.ink, strokes),
          {cut.box.x + strokes.x, cut.box.y + strokes.y, strokes.width, strokes.height}};
}

/// Nothing if the ink on a page that large is no drawing.
std::optional<PreparedDigit> prepare(CutInk found, const Box& page) {
  CutInk cut = without_fading(std::move(found));
  PreparedDigit prepared;
  prepared.box = cut.box;
  prepared.cropped = std::move(cut.ink);
  prepared.resized = resized_strokes(prepared.cropped);
  if (!has_edges(prepared.resized, prepared.box, page)) return std::nullopt;
  prepared.digit = centred(prepared.resized);
  return prepared;
}

}  // namespace

GreyImage resized_to_digit_box(const GreyImage& ink) {
  const int longer_side = std::max(ink.width, ink.height);
  assert(longer_side > 0);
  if (longer_side == kDigitBoxSide) return ink;
  GreyImage resized(scaled_side(ink.width, longer_side), scaled_side(ink.height, longer_side));
  cv::Mat target = view_of(resized);
  cv::resize(view_of(ink), target, target.size(), 0, 0,
             longer_side > kDigitBoxSide ? cv::INTER_AREA : cv::INTER_CUBIC);
  return resized;
}

GreyImage centred(const GreyImage& ink) {
  assert(ink.width <= kDigitSide && ink.height <= kDigitSide);
  const Moments moments = moments_of(ink);
  assert(moments.mass > 0);
  const int left = offset(moments.across, moments.mass, ink.width);
  const int top = offset(moments.down, moments.mass, ink.height);
  GreyImage digit(kDigitSide, kDigitSide);
  for (int y = 0; y < ink.height; ++y)
    std::copy_n(ink.row(y), ink.width, digit.row(top + y) + left);
  return digit;
}

GreyImage digit_of_ink(const GreyImage& ink) {
  return centred(resized_strokes(cropped(ink, inked_box(ink))));
}

PreparedPage prepare_page(GreyImage page, Digits digits, const std::string& name) {
  WorkBudget budget(name);
  return prepare_page(std::move(page), digits, budget);
}

PreparedPage prepare_page(GreyImage page, Digits digits, WorkBudget& budget) {
  Ink ink = digits == Digits::kOne ? find_drawing(std::move(page), budget)
                                   : find_digits(std::move(page), budget);
  PreparedPage prepared;
  for (CutInk& digit : ink.digits) {
    stop_point();
    auto one = prepare(std::move(digit), ink.map.box());
    if (one) prepared.digits.push_back(std::move(*one));
  }
  prepared.ink = std::move(ink.map);
  return prepared;
}

std::optional<PreparedDigit> prepare_digit(GreyImage page, const std::string& name) {
  PreparedPage prepared = prepare_page(std::move(page), Digits::kOne, name);
  if (prepared.digits.empty()) return std::nullopt;
  return std::move(prepared.digits.front());
}

std::array<Stage, 2> page_stages(const GreyImage& page, const PreparedPage& prepared) {
  return {Stage{"1-page", &page}, Stage{"2-ink", &prepared.ink}};
}

std::array<Stage, 3> digit_stages(const PreparedDigit& digit) {
  return {Stage{"3-cropped", &digit.cropped}, Stage{"4-resized", &digit.resized},
          Stage{"5-digit", &digit.digit}};
}

}  // namespace tally
