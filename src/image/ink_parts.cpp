// SPDX-License-Identifier: MIT
#include "tally/image/ink_parts.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>

#include "tally/core/stop_point.hpp"

namespace tally {
namespace {

constexpr std::size_t kMostRuns = 2'000'000;

/// Which runs are connected (union-find): each points to an earlier run of its part, or itself.
class Connections {
 public:
  explicit Connections(std::size_t run_count) : earlier_(run_count) {
    static_assert(kMostRuns <= std::numeric_limits<std::uint32_t>::max());
    std::iota(earlier_.begin(), earlier_.end(), 0);
  }
  /// The first run of the part that `run` belongs to.
  std::size_t first_of(std::size_t run) {
    while (earlier_[run] != run) {
      earlier_[run] = earlier_[earlier_[run]];
      run = earlier_[run];
    }
    return run;
  }
  void connect(std::size_t a, std::size_t b) {
    const std::size_t first_a = first_of(a);
    const std::size_t first_b = first_of(b);
    earlier_[std::max(first_a, first_b)] = static_cast<std::uint32_t>(std::min(first_a, first_b));
  }
  [[nodiscard]] std::size_t part_count() const {
    std::size_t count = 0;
    for (std::size_t run = 0; run < earlier_.size(); ++run) count += earlier_[run] == run ? 1 : 0;
    return count;
  }

 private:
  std::vector<std::uint32_t> earlier_;
};

void append_runs(const GreyImage& ink, const Box& within, int y, int threshold,
                 std::vector<InkRun>& runs) {
  const std::uint8_t* row = ink.row(y);
  const int end = within.x + within.width;
  for (int x = within.x; x < end;) {
    while (x < end && row[x] < threshold) ++x;
    const int begin = x;
    while (x < end && row[x] >= threshold) ++x;
    if (x > begin) runs.push_back({y, begin, x, 0});
  }
}

Connections connect_runs(const std::vector<InkRun>& runs) {
  Connections connections(runs.size());
  std::size_t above = 0;  // the first run that may touch the current one from the row above
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const InkRun& run = runs[i];
    while (runs[above].y < run.y - 1 ||
           (runs[above].y == run.y - 1 && runs[above].end < run.begin)) {
      ++above;
    }
    for (std::size_t j = above; runs[j].y == run.y - 1 && runs[j].begin <= run.end; ++j) {
      connections.connect(i, j);
    }
  }
  return connections;
}

void add_run(const GreyImage& ink, const InkRun& run, InkPart& part) {
  const std::uint8_t* row = ink.row(run.y);
  part.box = united(part.box, {run.begin, run.y, run.end - run.begin, 1});
  part.pixel_count += run.end - run.begin;
  part.ink += std::accumulate(row + run.begin, row + run.end, std::int64_t{0});
  part.peak = std::max<int>(part.peak, *std::max_element(row + run.begin, row + run.end));
}

/// The columns of one row that lie in chosen parts or next to them, marked by 1.
struct KeptColumns {
  std::vector<std::uint8_t> marks;
  int begin = 0;  ///< no mark lies before it
  int end = 0;    ///< nor from here on

  void mark(int from, int to) {
    std::fill(marks.begin() + from, marks.begin() + to, std::uint8_t{1});
    begin = begin == end ? from : std::min(begin, from);
    end = std::max(end, to);
  }
  void clear() {
    std::fill(marks.begin() + begin, marks.begin() + end, std::uint8_t{0});
    begin = end = 0;
  }
};

/// Erases all other pixels of row y and those below `weakest`; returns the box of the rest.
Box erase_others(GreyImage& ink, int y, const KeptColumns& kept, int weakest) {
  std::uint8_t* row = ink.row(y);
  std::fill(row, row + kept.begin, std::uint8_t{0});
  std::fill(row + kept.end, row + ink.width, std::uint8_t{0});
  Box rest;
  for (int x = kept.begin; x < kept.end; ++x) {
    if (kept.marks[static_cast<std::size_t>(x)] == 0 || row[x] < weakest) row[x] = 0;
    if (row[x] == 0) continue;
    if (rest.width == 0) rest = {x, y, 0, 1};
    rest.width = x + 1 - rest.x;
  }
  return rest;
}

}  // namespace

InkParts find_parts(const GreyImage& ink, int threshold) {
  return find_parts(ink, ink.box(), threshold);
}

InkParts find_parts(const GreyImage& ink, const Box& within, int threshold) {
  InkParts found;
  for (int y = within.y; y < within.y + within.height; ++y) {
    stop_point();
    append_runs(ink, within, y, threshold, found.runs);
    if (found.runs.size() > kMostRuns) return {};
  }
  Connections connections = connect_runs(found.runs);
  found.parts.reserve(connections.part_count());
  for (std::size_t i = 0; i < found.runs.size(); ++i) {
    InkRun& run = found.runs[i];
    const std::size_t first = connections.first_of(i);
    if (first == i) {
      run.part = static_cast<int>(found.parts.size());
      found.parts.emplace_back();
    } else {
      run.part = found.runs[first].part;
    }
    add_run(ink, run, found.parts[static_cast<std::size_t>(run.part)]);
  }
  return found;
}

Box keep_parts(GreyImage& ink, const InkParts& found, const std::vector<bool>& is_chosen,
               int weakest) {
  Box box;
  KeptColumns kept{std::vector<std::uint8_t>(static_cast<std::size_t>(ink.width))};
  auto first = found.runs.begin();  // of the row above
  for (int y = 0; y < ink.height; ++y) {
    stop_point();
    while (first != found.runs.end() && first->y < y - 1) ++first;
    kept.clear();
    for (auto run = first; run != found.runs.end() && run->y <= y + 1; ++run) {
      if (!is_chosen[static_cast<std::size_t>(run->part)]) continue;
      kept.mark(std::max(0, run->begin - 1), std::min(ink.width, run->end + 1));
    }
    box = united(box, erase_others(ink, y, kept, weakest));
  }
  return box;
}

DigitCutter::DigitCutter(const GreyImage& ink, const InkParts& found)
    : ink_(ink), found_(found), runs_(found.runs.size()), begins_(found.parts.size() + 1) {
  for (const InkRun& run : found.runs) ++begins_[static_cast<std::size_t>(run.part) + 1];
  std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
  std::vector<std::uint32_t> next = begins_;
  for (std::size_t i = 0; i < found.runs.size(); ++i) {
    runs_[next[static_cast<std::size_t>(found.runs[i].part)]++] = static_cast<std::uint32_t>(i);
  }
}

CutInk DigitCutter::cut_out(const std::vector<int>& parts, WorkBudget& budget) const {
  stop_point();
  Box box;
  for (const int part : parts) box = united(box, found_.parts[static_cast<std::size_t>(part)].box);
  box = grown(box, 1, ink_.box());
  budget.copy(std::int64_t{box.width} * box.height, std::int64_t{ink_.width} * ink_.height);
  CutInk cut{GreyImage(box.width, box.height), box};
  // Pixels next to a stroke are weaker than all strokes: none of them is of another part.
  const auto copy = [&](const InkRun& run) {
    const int begin = std::max(box.x, run.begin - 1);
    const int end = std::min(box.x + box.width, run.end + 1);
    for (int y = std::max(box.y, run.y - 1); y <= std::min(box.y + box.height - 1, run.y + 1);
         ++y) {
      std::copy(ink_.row(y) + begin, ink_.row(y) + end, cut.ink.row(y - box.y) + begin - box.x);
    }
  };
  for (const int part : parts) {
    const auto index = static_cast<std::size_t>(part);
    for (std::size_t i = begins_[index]; i < begins_[index + 1]; ++i) copy(found_.runs[runs_[i]]);
  }
  const Box inked = inked_box(cut.ink);
  crop_to(cut.ink, inked);
  cut.box = {box.x + inked.x, box.y + inked.y, inked.width, inked.height};
  return cut;
}

}  // namespace tally
