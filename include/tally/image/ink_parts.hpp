// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "tally/image/grey_image.hpp"
#include "tally/image/work_budget.hpp"

// The connected parts of the ink on a page (0 = paper). They are kept as runs of pixels along rows,
// so that even a page of a hundred megapixels needs memory for its ink only.
namespace tally {

/// Pixels [begin, end) of row y, all of one part.
struct InkRun {
  int y = 0;
  int begin = 0;
  int end = 0;
  int part = 0;
};

struct InkPart {
  Box box;
  std::int64_t ink = 0;  ///< the sum of its pixels
  int pixel_count = 0;
  int peak = 0;  ///< the strongest of them
};

struct InkParts {
  std::vector<InkRun> runs;  ///< row by row, from left to right
  std::vector<InkPart> parts;
};

/// The parts made of pixels of at least `threshold` (above 0) that touch by a side or a corner.
/// None at all if they are as many as only noise has.
InkParts find_parts(const GreyImage& ink, int threshold);

/// Those of the pixels in `within`.
InkParts find_parts(const GreyImage& ink, const Box& within, int threshold);

/// Erases from `ink` all but the chosen parts and the pixels next to them of at least `weakest`,
/// since strokes fade out at their edges. Returns the box of what remains, empty if nothing does.
Box keep_parts(GreyImage& ink, const InkParts& found, const std::vector<bool>& is_chosen,
               int weakest);

/// Ink apart from the page.
struct CutInk {
  GreyImage ink;  ///< of its box only
  Box box;        ///< on the page
};

/// Takes digits out of ink of which keep_parts() has erased the rest.
class DigitCutter {
 public:
  /// Keeps references to both.
  DigitCutter(const GreyImage& ink, const InkParts& found);

  /// Some of the parts, which must not be none, with the pixels next to them. Throws an Error if
  /// there are more pixels in such boxes than side by side on a page.
  [[nodiscard]] CutInk cut_out(const std::vector<int>& parts, WorkBudget& budget) const;

 private:
  const GreyImage& ink_;
  const InkParts& found_;
  std::vector<std::uint32_t> runs_;    // part by part
  std::vector<std::uint32_t> begins_;  // in them, of each part, and the end
};

}  // namespace tally
