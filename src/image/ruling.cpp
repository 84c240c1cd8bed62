// SPDX-License-Identifier: MIT
#include "tally/image/ruling.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <opencv2/core.hpp>

#include "opencv_view.hpp"
#include "tally/core/stop_point.hpp"
#include "tally/image/ink.hpp"
#include "tally/image/tones.hpp"

namespace tally {
namespace {

constexpr int kSmallestSide = 64;    // of a page on which lines can be told from strokes
constexpr double kLeastShare = 0.7;  // of a line's length, or of a piece of it, that has ink
constexpr double kLeastShown = 0.4;  // of a line's length, beside strokes that cover it

constexpr std::uint8_t kPaper = 0;
constexpr std::uint8_t kPiece = 1;   // of a line
constexpr std::uint8_t kStroke = 2;  // whatever lies beneath

/// A line from left to right: its row in the middle of the page, and rows per column.
struct Line {
  double row = 0;
  double slope = 0;
  int pieces = 0;  ///< that lie on that row
};

/// Pieces of level lines: in strips of columns, runs of rows that are inked almost all across the
/// strip, and too few for a stroke.
class LinePieces {
 public:
  LinePieces(const GreyImage& ink, int threshold, int thickest)
      : width_(ink.width),
        rows_(ink.height),
        strips_(std::clamp(ink.width / 12, 5, 32)),
        marks_(static_cast<std::size_t>(strips_) * static_cast<std::size_t>(rows_)) {
    mark_rows(ink, threshold);
    for (int strip = 0; strip < strips_; ++strip) drop_thick(strip, thickest);
  }

  [[nodiscard]] int strips() const { return strips_; }
  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] int begin_of(int strip) const { return strip * width_ / strips_; }
  /// Columns from the middle of the page to that of the strip.
  [[nodiscard]] double from_middle(int strip) const {
    return (begin_of(strip) + begin_of(strip + 1) - width_) / 2.0;
  }
  [[nodiscard]] std::uint8_t& mark(int strip, int row) {
    return marks_[static_cast<std::size_t>(strip) * static_cast<std::size_t>(rows_) +
                  static_cast<std::size_t>(row)];
  }
  /// Whether the pieces are enough for a line at all.
  [[nodiscard]] bool may_have_line() const {
    return std::ranges::count(marks_, kPiece) >= kLeastShown * strips_;
  }

 private:
  void mark_rows(const GreyImage& ink, int threshold) {
    for (int row = 0; row < rows_; ++row) {
      stop_point();
      for (int strip = 0; strip < strips_; ++strip) {
        const auto inked =
            std::count_if(ink.row(row) + begin_of(strip), ink.row(row) + begin_of(strip + 1),
                          [=](std::uint8_t value) { return value >= threshold; });
        const int width = begin_of(strip + 1) - begin_of(strip);
        mark(strip, row) = static_cast<double>(inked) >= kLeastShare * width ? kPiece : kPaper;
      }
    }
  }

  void drop_thick(int strip, int thickest) {
    for (int row = 0; row < rows_;) {
      const int begin = row;
      while (row < rows_ && mark(strip, row) != 0) ++row;
      if (row - begin > thickest) {
        std::fill(&mark(strip, begin), &mark(strip, begin) + row - begin, kStroke);
      }
      row = std::max(row, begin + 1);
    }
  }

  int width_;
  int rows_;
  int strips_;
  std::vector<std::uint8_t> marks_;
};

/// How many strips show a line's piece on a row, and how many a stroke that may cover one.
struct RowCounts {
  int pieces = 0;
  int strokes = 0;
};

std::vector<RowCounts> count_along(LinePieces& pieces, double slope) {
  std::vector<RowCounts> counts(static_cast<std::size_t>(pieces.rows()));
  for (int strip = 0; strip < pieces.strips(); ++strip) {
    const auto shift = static_cast<int>(std::lround(slope * pieces.from_middle(strip)));
    const int end = std::min(pieces.rows(), pieces.rows() - shift);
    for (int row = std::max(0, -shift); row < end; ++row) {
      const std::uint8_t mark = pieces.mark(strip, row + shift);
      counts[static_cast<std::size_t>(row)].pieces += mark == kPiece ? 1 : 0;
      counts[static_cast<std::size_t>(row)].strokes += mark == kStroke ? 1 : 0;
    }
  }
  return counts;
}

/// The lines of one slope, by their row in the middle of the page. Rows up to `apart` from each
/// other are of one line.
std::vector<Line> lines_of_slope(LinePieces& pieces, double slope, int apart) {
  const std::vector<RowCounts> counts = count_along(pieces, slope);
  const auto is_line = [&](std::size_t row) {
    // A line that is a little askew may change its row in between.
    const RowCounts& next = counts[std::min(row + 1, counts.size() - 1)];
    const int shown = std::min(pieces.strips(), counts[row].pieces + next.pieces);
    const int open = pieces.strips() - counts[row].strokes;
    return 2 * counts[row].pieces >= shown && shown >= kLeastShare * open &&
           shown >= kLeastShown * pieces.strips();
  };
  std::vector<Line> lines;
  for (int row = 0; row < pieces.rows(); ++row) {
    if (!is_line(static_cast<std::size_t>(row))) continue;
    const int shown = counts[static_cast<std::size_t>(row)].pieces;
    const bool is_same = !lines.empty() && row - lines.back().row <= apart;
    if (!is_same) lines.push_back({static_cast<double>(row), slope, 0});
    if (shown > lines.back().pieces) lines.back() = {static_cast<double>(row), slope, shown};
  }
  return lines;
}

/// The line through the pieces near it, by least squares.
Line fitted(LinePieces& pieces, const Line& line) {
  constexpr int kNear = 2;
  constexpr int kFewest = 4;
  double count = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  for (int strip = 0; strip < pieces.strips(); ++strip) {
    const double x = pieces.from_middle(strip);
    const auto middle = static_cast<int>(std::lround(line.row + line.slope * x));
    for (int row = std::max(0, middle - kNear); row <= std::min(pieces.rows() - 1, middle + kNear);
         ++row) {
      if (pieces.mark(strip, row) != kPiece) continue;
      count += 1;
      sum_x += x;
      sum_y += row;
      sum_xx += x * x;
      sum_xy += x * row;
    }
  }
  const double spread = count * sum_xx - sum_x * sum_x;
  if (count < kFewest || spread <= 0) return line;
  const double slope = (count * sum_xy - sum_x * sum_y) / spread;
  return {(sum_y - slope * sum_x) / count, slope, line.pieces};
}

/// The lines of the slope that most pieces are on.
std::vector<Line> find_lines(LinePieces& pieces, int width, int apart) {
  constexpr double kSteepest = 0.07;  // four degrees
  std::vector<Line> best;
  int most = 0;
  const auto steps = static_cast<int>(kSteepest * width) + 1;
  for (int step = -steps; step <= steps; ++step) {
    stop_point();
    std::vector<Line> lines = lines_of_slope(pieces, static_cast<double>(step) / width, apart);
    int count = 0;
    for (const Line& line : lines) count += line.pieces;
    if (count <= most) continue;
    most = count;
    best = std::move(lines);
  }
  return best;
}

/// The ink of a line, away from strokes, and how far to each side of its middle row it reaches.
struct LineInk {
  int strength = 0;
  int reach = 0;
};

int row_of(const Line& line, int x, int width) {
  return static_cast<int>(std::lround(line.row + line.slope * (x - width / 2.0)));
}

/// The column where the line leaves the row that it has in column `begin`.
int end_of_row(const Line& line, int begin, int width) {
  int end = begin + 1;
  while (end < width && row_of(line, end, width) == row_of(line, begin, width)) ++end;
  return end;
}

/// The strongest ink in each column near a line, and how far from its middle row there is any.
struct ColumnInk {
  std::vector<std::uint8_t> strongest;
  std::vector<std::uint16_t> reach;

  explicit ColumnInk(int width)
      : strongest(static_cast<std::size_t>(width)), reach(static_cast<std::size_t>(width)) {}

  /// Adds the columns [begin, end) of one row.
  void add(const std::uint8_t* row, int begin, int end, int weakest, int off) {
    const auto distance = static_cast<std::uint16_t>(std::abs(off));
    for (auto x = static_cast<std::size_t>(begin); x < static_cast<std::size_t>(end); ++x) {
      const bool is_ink = row[x] >= weakest;
      strongest[x] = std::max(strongest[x], is_ink ? row[x] : std::uint8_t{0});
      reach[x] = std::max(reach[x], is_ink ? distance : std::uint16_t{0});
    }
  }
};

/// Goes along rows, not columns: on a large page each pixel of a column is far from the next one.
ColumnInk ink_near(const GreyImage& ink, const Line& line, int weakest, int thickest) {
  ColumnInk columns(ink.width);
  for (int begin = 0; begin < ink.width;) {
    stop_point();
    const int middle = row_of(line, begin, ink.width);
    const int end = end_of_row(line, begin, ink.width);
    for (int off = -thickest; off <= thickest; ++off) {
      const int y = middle + off;
      if (y >= 0 && y < ink.height) columns.add(ink.row(y), begin, end, weakest, off);
    }
    begin = end;
  }
  return columns;
}

LineInk measure(const GreyImage& ink, const Line& line, int threshold, int thickest) {
  const ColumnInk columns = ink_near(ink, line, threshold / 2, thickest);
  std::vector<int> strengths;
  std::vector<int> reaches;
  for (std::size_t x = 0; x < columns.strongest.size(); ++x) {
    if (columns.strongest[x] < threshold) continue;
    strengths.push_back(columns.strongest[x]);
    reaches.push_back(columns.reach[x]);
  }
  if (strengths.empty()) return {};
  return {quantile(strengths, 0.6), std::min(thickest, quantile(reaches, 0.8) + 1)};
}

/// Erases the pixels of a line in columns [begin, end), where its middle row is the same. What
/// remains are strokes, told by their strength or by ink on both sides.
void erase_piece(GreyImage& ink, int begin, int end, int middle, const LineInk& line) {
  const int above = middle - line.reach - 1, below = middle + line.reach + 1;
  const bool is_at_edge = above < 0 || below >= ink.height;  // no ink beyond it
  const std::uint8_t* row_above = std::as_const(ink).row(std::clamp(above, 0, ink.height - 1));
  const std::uint8_t* row_below = std::as_const(ink).row(std::clamp(below, 0, ink.height - 1));
  const int stroke = line.strength + line.strength / 4 + 8;
  const int last = std::min(ink.height - 1, middle + line.reach);
  for (int y = std::max(0, middle - line.reach); y <= last; ++y) {
    std::uint8_t* row = ink.row(y);
    for (int x = begin; x < end; ++x) {
      const std::uint8_t crossing = is_at_edge ? 0 : std::min(row_above[x], row_below[x]);
      row[x] = row[x] < stroke ? std::min(row[x], crossing) : row[x];
    }
  }
}

void erase_line(GreyImage& ink, const Line& line, const LineInk& line_ink) {
  for (int begin = 0; begin < ink.width;) {
    const int end = end_of_row(line, begin, ink.width);
    erase_piece(ink, begin, end, row_of(line, begin, ink.width), line_ink);
    begin = end;
  }
}

/// Erases the level lines of one slope and returns how many; `known_count` were found before.
std::size_t erase_once(GreyImage& ink, int contrast, std::size_t known_count) {
  constexpr double kWeak = 0.6;  // of the contrast: no pen draws lines and digits so differently
  constexpr std::size_t kMany = 3;
  const int threshold = std::max(6, contrast * kStrokeInk / 255);
  const int thickest = std::max(4, std::min(ink.width, ink.height) / 60);
  LinePieces pieces(ink, threshold, thickest);
  if (!pieces.may_have_line()) return 0;
  std::size_t erased_count = 0;
  const std::vector<Line> lines = find_lines(pieces, ink.width, thickest);
  for (const Line& rough : lines) {
    stop_point();
    const Line line = fitted(pieces, rough);
    const LineInk line_ink = measure(ink, line, threshold, thickest);
    const bool is_ruling =
        known_count + lines.size() >= kMany || line_ink.strength <= kWeak * contrast;
    if (line_ink.strength == 0 || !is_ruling) continue;
    erase_line(ink, line, line_ink);
    ++erased_count;
  }
  return erased_count;
}

/// Erases level lines, by turns, since those of a photo are not quite parallel.
bool erase_lines(GreyImage& ink, int contrast) {
  constexpr int kMostTurns = 4;
  std::size_t count = 0;
  for (int turn = 0; turn < kMostTurns; ++turn) {
    const std::size_t erased = erase_once(ink, contrast, count);
    if (erased == 0) break;
    count += erased;
  }
  return count > 0;
}

/// By tiles that fit into the first cache: whole columns of a large page do not.
GreyImage transposed(const GreyImage& image) {
  constexpr int kTile = 128;
  GreyImage result(image.height, image.width);
  const cv::Mat source = view_of(image);
  const cv::Mat target = view_of(result);
  for (int y = 0; y < image.height; y += kTile) {
    stop_point();
    const cv::Range rows(y, std::min(image.height, y + kTile));
    for (int x = 0; x < image.width; x += kTile) {
      const cv::Range columns(x, std::min(image.width, x + kTile));
      cv::Mat tile = target(columns, rows);
      cv::transpose(source(rows, columns), tile);
    }
  }
  return result;
}

}  // namespace

bool erase_ruling(GreyImage& ink, int contrast) {
  if (std::min(ink.width, ink.height) < kSmallestSide) return false;
  const bool has_level = erase_lines(ink, contrast);
  GreyImage turned = transposed(ink);
  const bool has_upright = erase_lines(turned, contrast);
  if (has_upright) {
    ink = {};  // of a large page there is room for two, not for three
    ink = transposed(turned);
  }
  return has_level || has_upright;
}

}  // namespace tally
