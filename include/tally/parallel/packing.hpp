// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "tally/core/range.hpp"

namespace tally {

/// The elements of a vector that carry values, close together: what is worth sending. The others
/// are gaps, which hold zeros.
class Packing {
 public:
  /// `values` are the ranges that carry values, from left to right; none stands for all.
  Packing(std::int64_t vector_size, std::vector<Range> values);

  /// Elements of a packed vector: a multiple of kAlignmentElements.
  [[nodiscard]] std::int64_t size() const { return size_; }

  /// Copies `block` of a vector, whose elements are at `elements`, to its place in `packed`.
  void pack(const float* elements, Range block, float* packed) const;
  /// The reverse, with zeros in the gaps.
  void unpack(const float* packed, Range block, float* elements) const;

 private:
  struct Run {
    Range elements;
    std::int64_t packed = 0;  // where they begin in a packed vector
  };
  template <typename Use>
  void for_each_run(Range block, Use&& use) const;

  std::vector<Run> runs_;
  std::int64_t size_ = 0;
};

}  // namespace tally
