// SPDX-License-Identifier: MIT
#include "tally/image/digit_groups.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <list>
#include <numeric>
#include <tuple>
#include <utility>

#include "tally/core/stop_point.hpp"
#include "tally/image/tones.hpp"

namespace tally {
namespace {

constexpr std::int64_t kRowComparisons = 4;  // what looking for a run on a row costs

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

/// The runs of one part, row by row, from left to right. A part is connected, so it has one at
/// least on each row of its box.
class PartRuns {
 public:
  void append(const InkRun& run) {
    while (first_row_ + std::ssize(row_begins_) <= run.y) {
      if (runs_.empty()) first_row_ = run.y;
      row_begins_.push_back(static_cast<std::uint32_t>(runs_.size()));
    }
    runs_.push_back(run);
  }
  [[nodiscard]] const std::vector<InkRun>& all() const { return runs_; }

  /// Columns between `run` and the nearest run on row y of the box.
  [[nodiscard]] std::int64_t columns_to_row(const InkRun& run, int y) const {
    const auto row = static_cast<std::size_t>(y - first_row_);
    const auto begin = runs_.begin() + row_begins_[row];
    const auto end =
        row + 1 < row_begins_.size() ? runs_.begin() + row_begins_[row + 1] : runs_.end();
    const auto next = std::ranges::lower_bound(begin, end, run.begin, {}, &InkRun::begin);
    const int after = next != end ? columns_between(run, *next) : kFar;
    const int before = next != begin ? columns_between(run, *std::prev(next)) : kFar;
    return std::min(after, before);
  }

 private:
  static constexpr int kFar = std::numeric_limits<int>::max();

  static int columns_between(const InkRun& a, const InkRun& b) {
    return std::max({0, b.begin - a.end + 1, a.begin - b.end + 1});
  }

  std::vector<InkRun> runs_;
  std::vector<std::uint32_t> row_begins_;
  int first_row_ = 0;
};

/// Between the nearest pixels of two parts; infinite if they are more than `most` apart. `box` is
/// that of b. From each run of a, rows are tried outwards, as long as what lies there may be nearer
/// than what was found: the square of its distance is at least that of the rows and of the columns
/// between the run and the box.
double pixel_distance(const PartRuns& a, const PartRuns& b, const Box& box, double most,
                      WorkBudget& budget) {
  auto nearest = static_cast<std::int64_t>(most * most) + 2;  // squared; what is found is less
  std::int64_t across = -1, down = 0;
  for (const InkRun& run : a.all()) {
    stop_point();
    budget.compare();
    const std::int64_t columns =
        std::max({0, box.x - run.end + 1, run.begin - (box.x + box.width) + 1});
    const int above = run.y - box.y, below = box.y + box.height - 1 - run.y;  // rows of the box
    const auto try_row = [&](std::int64_t off, int y) {
      budget.compare(kRowComparisons);
      const std::int64_t to_row = b.columns_to_row(run, y);
      if (to_row * to_row + off * off >= nearest) return;
      nearest = to_row * to_row + off * off;
      across = to_row;
      down = off;
    };
    for (std::int64_t off = std::max({0, -above, -below}); off <= std::max(above, below); ++off) {
      if (off * off + columns * columns >= nearest) break;
      const int rows = static_cast<int>(off);
      if (rows <= below && -rows <= above) try_row(off, run.y + rows);
      if (rows > 0 && rows <= above && -rows <= below) try_row(off, run.y - rows);
    }
  }
  const double distance = std::hypot(across, down);
  return across >= 0 && distance <= most ? distance : std::numeric_limits<double>::infinity();
}

struct Group {
  std::list<int> parts;
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

/// Indices of boxes, from the top.
std::vector<std::size_t> from_the_top(const std::vector<Box>& boxes) {
  std::vector<std::size_t> order(boxes.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(boxes[i].y, i); });
  return order;
}

std::vector<Box> boxes_of(const std::vector<Group>& groups) {
  std::vector<Box> boxes;
  boxes.reserve(groups.size());
  for (const Group& group : groups) boxes.push_back(group.box);
  return boxes;
}

std::vector<Neighbours> find_neighbours(const std::vector<Group>& groups,
                                        const std::vector<PartRuns>& runs, double typical,
                                        WorkBudget& budget) {
  const std::vector<std::size_t> order = from_the_top(boxes_of(groups));
  const double farthest = kLargestGap * typical;
  std::vector<Neighbours> neighbours;
  for (std::size_t i = 0; i < order.size(); ++i) {
    stop_point();
    const Box& upper = groups[order[i]].box;
    for (std::size_t j = i + 1; j < order.size(); ++j) {
      if (groups[order[j]].box.y - (upper.y + upper.height) > farthest) break;
      budget.compare();
      const auto [a, b] = std::minmax(order[i], order[j]);
      const double most = kLargestGap * size_around(groups[a], groups[b], typical);
      if (box_distance(groups[a].box, groups[b].box) > most) continue;
      const bool is_shorter = runs[a].all().size() <= runs[b].all().size();
      const auto& [few, many] = is_shorter ? std::pair(a, b) : std::pair(b, a);
      const double distance = pixel_distance(runs[few], runs[many], groups[many].box, most, budget);
      if (!std::isfinite(distance)) continue;
      budget.keep();
      neighbours.push_back({a, b, distance});
    }
  }
  std::ranges::sort(neighbours, {}, [](const Neighbours& pair) {
    return std::tuple(pair.distance, pair.a, pair.b);
  });
  return neighbours;
}

void move_into(Group& target, Group& source) {
  target.parts.splice(target.parts.end(), source.parts);
  target.box = united(target.box, source.box);
  target.ink += source.ink;
  source = {};
}

/// Sets, each with a label: all are by themselves at first.
class LabelledSets {
 public:
  explicit LabelledSets(std::size_t count) : above_(count), label_(count) {
    std::iota(above_.begin(), above_.end(), 0);
    std::iota(label_.begin(), label_.end(), 0);
  }
  std::size_t label_of(std::size_t element) { return label_[root_of(element)]; }
  /// Adds the set of `other` to that of `element`, under the label of the latter.
  void join(std::size_t element, std::size_t other) {
    const std::size_t root = root_of(element);
    above_[root_of(other)] = root;
  }

 private:
  std::size_t root_of(std::size_t element) {
    while (above_[element] != element) element = above_[element] = above_[above_[element]];
    return element;
  }

  std::vector<std::size_t> above_;
  std::vector<std::size_t> label_;
};

/// Joins groups of one part each, the nearest first.
std::vector<Group> joined(std::vector<Group> groups, const std::vector<PartRuns>& runs,
                          WorkBudget& budget) {
  const double typical = typical_side(groups);
  LabelledSets owner(groups.size());
  for (const Neighbours& pair : find_neighbours(groups, runs, typical, budget)) {
    stop_point();
    const std::size_t a = owner.label_of(pair.a);
    const std::size_t b = owner.label_of(pair.b);
    if (a == b || !are_of_one_digit(groups[a], groups[b], pair.distance, typical)) continue;
    move_into(groups[a], groups[b]);
    owner.join(a, b);
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

/// Finds neighbours on a row.
class Rows {
 public:
  explicit Rows(const std::vector<Box>& boxes) : boxes_(boxes), order_(from_the_top(boxes)) {
    for (const Box& box : boxes) highest_ = std::max(highest_, box.height);
  }

  /// The nearest box to one side that shares half its height with box `i`, or i.
  [[nodiscard]] std::size_t neighbour(std::size_t i, bool is_right, WorkBudget& budget) const {
    const auto distance = [&](std::size_t j) {
      const int to_right = 2 * boxes_[j].x + boxes_[j].width - 2 * boxes_[i].x - boxes_[i].width;
      return is_right ? to_right : -to_right;
    };
    const auto top = [&](std::size_t j) { return boxes_[j].y; };
    std::size_t nearest = i;
    for (auto at = std::ranges::lower_bound(order_, boxes_[i].y - highest_, {}, top);
         at != order_.end() && boxes_[*at].y < boxes_[i].y + boxes_[i].height; ++at) {
      const std::size_t j = *at;
      budget.compare();
      if (distance(j) <= 0 || shared_height(boxes_[i], boxes_[j]) < 0.5) continue;
      const bool is_nearer =
          nearest == i || std::pair(distance(j), j) < std::pair(distance(nearest), nearest);
      if (is_nearer) nearest = j;
    }
    return nearest;
  }

 private:
  const std::vector<Box>& boxes_;
  std::vector<std::size_t> order_;
  int highest_ = 0;
};

}  // namespace

std::vector<std::vector<int>> group_digits(const InkParts& found,
                                           const std::vector<bool>& is_stroke, WorkBudget& budget) {
  std::vector<Group> groups;
  std::vector<std::size_t> group_of_part(found.parts.size());
  for (std::size_t i = 0; i < found.parts.size(); ++i) {
    group_of_part[i] = groups.size();
    if (!is_stroke[i]) continue;
    budget.keep();
    groups.push_back({{static_cast<int>(i)}, found.parts[i].box, found.parts[i].ink});
  }
  std::vector<PartRuns> runs(groups.size());
  for (const InkRun& run : found.runs) {
    const auto part = static_cast<std::size_t>(run.part);
    if (is_stroke[part]) runs[group_of_part[part]].append(run);
  }
  groups = joined(std::move(groups), runs, budget);
  drop_small(groups);
  std::vector<std::vector<int>> digits;
  for (const int index : reading_order(boxes_of(groups), budget)) {
    const std::list<int>& parts = groups[static_cast<std::size_t>(index)].parts;
    digits.emplace_back(parts.begin(), parts.end());
  }
  return digits;
}

std::vector<int> reading_order(const std::vector<Box>& boxes, WorkBudget& budget) {
  const Rows rows(boxes);
  LabelledSets sets(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    stop_point();
    for (const bool is_right : {false, true}) sets.join(i, rows.neighbour(i, is_right, budget));
  }
  std::vector<std::size_t> row(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) row[i] = sets.label_of(i);
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
