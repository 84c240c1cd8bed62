// SPDX-License-Identifier: MIT
#include "tally/image/digit_groups.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "tally/core/stop_point.hpp"
#include "tally/image/tones.hpp"

namespace tally {
namespace {

int longer_side(const Box& box) {
  return std::max(box.width, box.height);
}

/// Shared pixels of two ranges; below 0 the pixels between them.
int shared(int begin, int length, int other_begin, int other_length) {
  return std::min(begin + length, other_begin + other_length) - std::max(begin, other_begin);
}

/// The part of the narrower box's width that lies above or below the other box.
double shared_width(const Box& a, const Box& b) {
  return static_cast<double>(shared(a.x, a.width, b.x, b.width)) / std::min(a.width, b.width);
}

double shared_height(const Box& a, const Box& b) {
  return static_cast<double>(shared(a.y, a.height, b.y, b.height)) / std::min(a.height, b.height);
}

double box_distance(const Box& a, const Box& b) {
  const int across = std::max(0, -shared(a.x, a.width, b.x, b.width));
  const int down = std::max(0, -shared(a.y, a.height, b.y, b.height));
  return std::hypot(across, down);
}

/// Between the nearest pixels of two parts' runs; infinite if they are more than `most` apart.
double pixel_distance(const std::vector<InkRun>& a, const std::vector<InkRun>& b, double most) {
  double nearest = std::numeric_limits<double>::infinity();
  auto first = b.begin();
  for (const InkRun& run : a) {
    stop_point();
    while (first != b.end() && first->y < run.y - most) ++first;
    for (auto other = first; other != b.end() && other->y <= run.y + most; ++other) {
      const int across = std::max({0, other->begin - run.end + 1, run.begin - other->end + 1});
      nearest = std::min(nearest, std::hypot(across, other->y - run.y));
    }
  }
  return nearest <= most ? nearest : std::numeric_limits<double>::infinity();
}

struct Group {
  std::vector<int> parts;
  Box box;
  std::int64_t ink = 0;
};

/// Two parts, and how far apart their pixels are.
struct Neighbours {
  std::size_t a = 0;
  std::size_t b = 0;
  double distance = 0;
};

/// The longer side of a digit: the median of those that are at least half as long as the longest.
double typical_side(const std::vector<Group>& groups) {
  int longest = 0;
  for (const Group& group : groups) longest = std::max(longest, longer_side(group.box));
  std::vector<int> sides;
  for (const Group& group : groups) {
    if (2 * longer_side(group.box) >= longest) sides.push_back(longer_side(group.box));
  }
  return sides.empty() ? 0 : median(sides);
}

// Strokes so far apart, in units of a digit's size, may be of one digit.
constexpr double kLargestGap = 0.3;

/// The size of the digit that the two may be parts of: no more than `typical` for the page, and
/// less among small strokes on a page with one large digit.
double size_around(const Group& a, const Group& b, double typical) {
  return std::min(typical, 1.5 * std::max(longer_side(a.box), longer_side(b.box)));
}

bool are_of_one_digit(const Group& a, const Group& b, double distance, double typical) {
  constexpr double kBroken = 0.08;  // so near, a stroke was broken
  constexpr double kWhole = 0.7;    // of the typical size: likely a digit by itself
  constexpr double kLargestUnion = 1.4;
  const double size = size_around(a, b, typical);
  if (distance > kLargestGap * size) return false;
  // The farther off, the more ink it must have: specks are not strokes.
  const auto [less, more] = std::minmax(a.ink, b.ink);
  if (static_cast<double>(less) < (0.01 + 0.3 * distance / size) * static_cast<double>(more)) {
    return false;
  }
  if (longer_side(united(a.box, b.box)) > kLargestUnion * typical) return false;
  const bool is_broken = distance <= kBroken * size;
  const bool is_above_or_below = shared_width(a.box, b.box) >= 0.5;
  const bool are_both_whole = std::min(a.box.height, b.box.height) >= kWhole * typical;
  return are_both_whole ? is_broken && is_above_or_below : is_broken || is_above_or_below;
}

std::vector<Neighbours> find_neighbours(const std::vector<Group>& groups,
                                        const std::vector<std::vector<InkRun>>& runs,
                                        double typical) {
  std::vector<Neighbours> neighbours;
  for (std::size_t a = 0; a < groups.size(); ++a) {
    stop_point();
    for (std::size_t b = a + 1; b < groups.size(); ++b) {
      const double most = kLargestGap * size_around(groups[a], groups[b], typical);
      if (box_distance(groups[a].box, groups[b].box) > most) continue;
      const double distance = pixel_distance(runs[a], runs[b], most);
      if (std::isfinite(distance)) neighbours.push_back({a, b, distance});
    }
  }
  std::ranges::stable_sort(neighbours, {}, &Neighbours::distance);
  return neighbours;
}

void move_into(Group& target, Group& source) {
  target.parts.insert(target.parts.end(), source.parts.begin(), source.parts.end());
  target.box = united(target.box, source.box);
  target.ink += source.ink;
  source = {};
}

/// Joins groups of one part each, the nearest first.
std::vector<Group> joined(std::vector<Group> groups, const std::vector<std::vector<InkRun>>& runs) {
  const double typical = typical_side(groups);
  std::vector<std::size_t> owner(groups.size());
  std::iota(owner.begin(), owner.end(), 0);
  for (const Neighbours& pair : find_neighbours(groups, runs, typical)) {
    stop_point();
    const std::size_t a = owner[pair.a];
    const std::size_t b = owner[pair.b];
    if (a == b || !are_of_one_digit(groups[a], groups[b], pair.distance, typical)) continue;
    move_into(groups[a], groups[b]);
    std::ranges::replace(owner, b, a);
  }
  std::erase_if(groups, [](const Group& group) { return group.parts.empty(); });
  return groups;
}

/// What is left over beside the digits: dots, dust, pieces of a frame.
void drop_small(std::vector<Group>& groups) {
  constexpr double kLeastSide = 0.4;
  constexpr double kLeastInk = 0.08;
  const double side = kLeastSide * typical_side(groups);
  std::erase_if(groups, [&](const Group& group) { return longer_side(group.box) < side; });
  std::vector<std::int64_t> inks;
  for (const Group& group : groups) inks.push_back(group.ink);
  if (inks.empty()) return;
  const double ink = kLeastInk * static_cast<double>(median(inks));
  std::erase_if(groups, [&](const Group& group) { return static_cast<double>(group.ink) < ink; });
}

/// The nearest box to one side that shares half its height with box `i`, or i.
std::size_t row_neighbour(const std::vector<Box>& boxes, std::size_t i, bool is_right) {
  const auto distance = [&](std::size_t j) {
    const int to_right = 2 * boxes[j].x + boxes[j].width - 2 * boxes[i].x - boxes[i].width;
    return is_right ? to_right : -to_right;
  };
  std::size_t nearest = i;
  for (std::size_t j = 0; j < boxes.size(); ++j) {
    if (distance(j) <= 0 || shared_height(boxes[i], boxes[j]) < 0.5) continue;
    if (nearest == i || distance(j) < distance(nearest)) nearest = j;
  }
  return nearest;
}

}  // namespace

std::vector<std::vector<int>> group_digits(const InkParts& found,
                                           const std::vector<bool>& is_stroke) {
  std::vector<Group> groups;
  std::vector<std::size_t> group_of_part(found.parts.size());
  for (std::size_t i = 0; i < found.parts.size(); ++i) {
    group_of_part[i] = groups.size();
    if (!is_stroke[i]) continue;
    groups.push_back({{static_cast<int>(i)}, found.parts[i].box, found.parts[i].ink});
  }
  std::vector<std::vector<InkRun>> runs(groups.size());
  for (const InkRun& run : found.runs) {
    const auto part = static_cast<std::size_t>(run.part);
    if (is_stroke[part]) runs[group_of_part[part]].push_back(run);
  }
  groups = joined(std::move(groups), runs);
  drop_small(groups);
  std::vector<Box> boxes;
  for (const Group& group : groups) boxes.push_back(group.box);
  std::vector<std::vector<int>> digits;
  for (const int index : reading_order(boxes)) {
    digits.push_back(std::move(groups[static_cast<std::size_t>(index)].parts));
  }
  return digits;
}

std::vector<int> reading_order(const std::vector<Box>& boxes) {
  std::vector<std::size_t> row(boxes.size());
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    stop_point();
    for (const bool is_right : {false, true}) {
      const std::size_t joined_row = row[row_neighbour(boxes, i, is_right)];
      std::ranges::replace(row, joined_row, std::size_t{row[i]});
    }
  }
  std::vector<double> sum(boxes.size());
  std::vector<double> count(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    sum[row[i]] += boxes[i].y + boxes[i].height / 2.0;
    count[row[i]] += 1;
  }
  std::vector<int> order(boxes.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](int index) {
    const auto i = static_cast<std::size_t>(index);
    return std::tuple(sum[row[i]] / count[row[i]], row[i], boxes[i].x, index);
  });
  return order;
}

}  // namespace tally
