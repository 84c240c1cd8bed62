// SPDX-License-Identifier: MIT
#include "tally/image/drawing_choice.hpp"

#include <algorithm>
#include <functional>

namespace tally {
namespace {

/// Pixels between two boxes; 0 if they touch or overlap.
int gap(const Box& a, const Box& b) {
  const int across = std::max(a.x - (b.x + b.width), b.x - (a.x + a.width));
  const int down = std::max(a.y - (b.y + b.height), b.y - (a.y + a.height));
  return std::max({0, across, down});
}

int longer_side(const Box& box) {
  return std::max(box.width, box.height);
}

bool is_large_enough(const InkPart& main, int page_side) {
  constexpr int kShortest = 6;
  constexpr int kSmallestShare = 400;  // of the page's longer side; dust on a scan is finer
  return longer_side(main.box) >= std::max(kShortest, page_side / kSmallestShare);
}

/// The outliers of noise reach little more than the threshold and form small blobs.
bool is_strong_enough(const InkPart& main, int threshold) {
  constexpr double kSurePeak = 1.6;
  constexpr std::int64_t kSurePixels = 200;
  return main.peak >= kSurePeak * threshold || main.pixel_count >= kSurePixels;
}

/// Noise makes many parts that are much alike. A drawing has few strokes, besides specks.
bool is_unlike_the_others(const InkPart& main, const std::vector<InkPart>& parts) {
  constexpr std::size_t kMany = 20;
  constexpr std::size_t kMostStrokes = 5;
  constexpr std::int64_t kTimesLarger = 8;
  if (parts.size() < kMany) return true;
  std::vector<std::int64_t> inks;
  inks.reserve(parts.size());
  for (const InkPart& part : parts) inks.push_back(part.ink);
  const auto other = inks.begin() + static_cast<std::ptrdiff_t>(kMostStrokes + parts.size() / 100);
  std::nth_element(inks.begin(), other, inks.end(), std::greater<>());
  return main.ink >= kTimesLarger * *other;
}

/// Whether `part` is a stroke of the drawing of which `box` holds what was found so far and `main`
/// is the largest part. The farther off, the more ink it must have.
bool belongs(const InkPart& part, const InkPart& main, const Box& box) {
  // At MNIST's own resolution a digit may have dots of one pixel, up to six off: too fine to judge.
  constexpr int kFineSide = 28;
  constexpr int kFineGap = 6;
  if (longer_side(main.box) <= kFineSide && gap(part.box, main.box) <= kFineGap) return true;

  const bool is_faint = part.peak < main.peak / 3;
  const double relative_gap = static_cast<double>(gap(part.box, box)) / longer_side(box);
  const double least_share = 0.01 + 0.3 * relative_gap;
  return !is_faint && static_cast<double>(part.ink) >= least_share * static_cast<double>(main.ink);
}

}  // namespace

std::vector<bool> choose_drawing(const std::vector<InkPart>& parts, int page_side, int threshold) {
  std::vector<bool> is_chosen(parts.size(), false);
  const auto main = std::ranges::max_element(parts, {}, &InkPart::ink);
  const bool stands_out = main != parts.end() && is_large_enough(*main, page_side) &&
                          is_strong_enough(*main, threshold) && is_unlike_the_others(*main, parts);
  if (!stands_out) return is_chosen;

  is_chosen[static_cast<std::size_t>(main - parts.begin())] = true;
  Box box = main->box;
  // Again whenever the box has grown: a stroke may be near to another one only.
  for (bool has_grown = true; has_grown;) {
    has_grown = false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (is_chosen[i] || !belongs(parts[i], *main, box)) continue;
      is_chosen[i] = has_grown = true;
      box = united(box, parts[i].box);
    }
  }
  return is_chosen;
}

Box chosen_box(const std::vector<InkPart>& parts, const std::vector<bool>& is_chosen) {
  Box box;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (is_chosen[i]) box = united(box, parts[i].box);
  }
  return box;
}

}  // namespace tally
