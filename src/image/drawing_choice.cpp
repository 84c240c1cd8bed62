// SPDX-License-Identifier: MIT
#include "tally/image/drawing_choice.hpp"

#include <algorithm>
#include <functional>

#include "tally/core/stop_point.hpp"

namespace tally {
namespace {

constexpr double kLeastStrokeShare = 0.01;  // of the ink of the largest part
constexpr int kLargestNoise = 12;           // the longer side of a blob of noise, in pixels

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
  constexpr int kSurePixels = 200;
  return main.peak >= kSurePeak * threshold || main.pixel_count >= kSurePixels;
}

/// Noise makes many parts that are much alike. A drawing has few strokes, besides specks: after
/// some number of parts, up to `most_strokes`, the next ones are much smaller.
bool is_unlike_noise(const std::vector<InkPart>& parts, std::size_t most_strokes) {
  constexpr std::size_t kMany = 20;
  constexpr std::size_t kBetween = 5;
  constexpr std::int64_t kTimesLarger = 8;
  if (parts.size() < kMany) return true;
  std::vector<std::int64_t> inks;
  inks.reserve(parts.size());
  for (const InkPart& part : parts) inks.push_back(part.ink);
  std::ranges::sort(inks, std::greater<>());
  const std::size_t between = kBetween + parts.size() / 100;
  for (std::size_t i = 0; i < most_strokes && i + between < inks.size(); ++i) {
    if (inks[i] >= kTimesLarger * inks[i + between]) return true;
  }
  return false;
}

/// A page full of digits and nothing else: half the parts, at least, are too large for noise.
bool is_full_of_strokes(const std::vector<InkPart>& parts, int page_side, int threshold) {
  const auto strokes = std::ranges::count_if(parts, [&](const InkPart& part) {
    return is_large_enough(part, 2 * page_side) && is_strong_enough(part, threshold) &&
           longer_side(part.box) >= kLargestNoise;
  });
  return 2 * static_cast<std::size_t>(strokes) >= parts.size();
}

bool is_faint(const InkPart& part, const InkPart& main) {
  return part.peak < main.peak / 3;
}

/// Whether `part` is a stroke of the drawing of which `box` holds what was found so far and `main`
/// is the largest part. The farther off, the more ink it must have.
bool belongs(const InkPart& part, const InkPart& main, const Box& box) {
  // At MNIST's own resolution a digit may have dots of one pixel, up to six off: too fine to judge.
  constexpr int kFineSide = 28;
  constexpr int kFineGap = 6;
  if (longer_side(main.box) <= kFineSide && gap(part.box, main.box) <= kFineGap) return true;

  const double relative_gap = static_cast<double>(gap(part.box, box)) / longer_side(box);
  const double least_share = kLeastStrokeShare + 0.3 * relative_gap;
  return !is_faint(part, main) &&
         static_cast<double>(part.ink) >= least_share * static_cast<double>(main.ink);
}

/// Whether it can belong to the drawing, whatever the box.
bool may_belong(const InkPart& part, const InkPart& main) {
  Box all = united(part.box, main.box);
  return belongs(part, main, all);
}

/// The part with the most ink, if it stands out from the page and the threshold.
const InkPart* find_main(const std::vector<InkPart>& parts, int page_side, int threshold) {
  const auto main = std::ranges::max_element(parts, {}, &InkPart::ink);
  const bool stands_out = main != parts.end() && is_large_enough(*main, page_side) &&
                          is_strong_enough(*main, threshold);
  return stands_out ? &*main : nullptr;
}

}  // namespace

std::vector<bool> choose_drawing(const std::vector<InkPart>& parts, int page_side, int threshold,
                                 WorkBudget& budget) {
  std::vector<bool> is_chosen(parts.size(), false);
  const InkPart* main = find_main(parts, page_side, threshold);
  if (main == nullptr || !is_unlike_noise(parts, 1)) return is_chosen;

  is_chosen[static_cast<std::size_t>(main - parts.data())] = true;
  Box box = main->box;
  std::vector<std::size_t> others;  // that may be strokes at all
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!is_chosen[i] && may_belong(parts[i], *main)) others.push_back(i);
  }
  // Again whenever the box has grown: a stroke may be near to another one only. What belongs to a
  // box belongs to every larger one, so the result is the same in any order; by turns from above
  // and from below, most drawings take two.
  for (bool has_grown = true; has_grown;) {
    stop_point();
    has_grown = false;
    budget.compare(static_cast<std::int64_t>(others.size()));
    std::erase_if(others, [&](std::size_t i) {
      if (!belongs(parts[i], *main, box)) return false;
      box = united(box, parts[i].box);
      is_chosen[i] = true;
      has_grown = true;
      return true;
    });
    std::ranges::reverse(others);
  }
  return is_chosen;
}

std::vector<bool> choose_strokes(const std::vector<InkPart>& parts, int page_side, int threshold,
                                 WorkBudget& /*budget*/) {
  constexpr std::size_t kMostStrokes = 100;
  std::vector<bool> is_chosen(parts.size(), false);
  const InkPart* main = find_main(parts, page_side, threshold);
  const bool has_strokes = main != nullptr && (is_unlike_noise(parts, kMostStrokes) ||
                                               is_full_of_strokes(parts, page_side, threshold));
  if (!has_strokes) return is_chosen;
  const double least_ink = kLeastStrokeShare * static_cast<double>(main->ink);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    is_chosen[i] = !is_faint(parts[i], *main) && static_cast<double>(parts[i].ink) >= least_ink;
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
