// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/core/range.hpp"

// The order in which everything is summed that more than one worker contributes to: a fixed binary
// tree over leaves 0..n-1. Level by level it adds the pairs (2i, 2i+1); the last sum
// of an odd number passes up unchanged. Subtree (level, index) covers the leaves [index << level,
// (index + 1) << level), as far as they exist. Whoever adds along this tree gets the same bits,
// however the leaves were dealt out. Leaves at the end that do not exist (the last step of an
// epoch) change nothing: the tree over n leaves is the tree over more leaves with the missing ones
// skipped.
//
// A worker that holds a contiguous range of leaves reduces it to *canonical partial sums*: the
// sums of the largest subtrees within the range. There are at most 2 log2 n of them, and one if the
// range is an aligned power of two.
namespace tally {

struct Subtree {
  std::int64_t level = 0;
  std::int64_t index = 0;
  friend bool operator==(const Subtree&, const Subtree&) = default;
};

/// One addition of vectors: slot[into] += slot[from].
struct Addition {
  std::int64_t into = 0;
  std::int64_t from = 0;
  friend bool operator==(const Addition&, const Addition&) = default;
};

/// into[i] += from[i] for the elements in `range`.
void add_vectors(float* into, const float* from, Range range);

/// A binary counter of subtrees whose sums arrive from left to right: each arrival adds up whatever
/// has become complete.
class SummationStack {
 public:
  struct Entry {
    Subtree subtree;
    std::int64_t slot = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  explicit SummationStack(std::int64_t leaf_count) : leaf_count_(leaf_count) {}

  /// Puts `subtree`, whose vector is in `slot`, on top, and calls add(Addition) for each pair that
  /// is now complete, in order. The left slot of a pair takes the sum.
  template <typename Add>
  void push(Subtree subtree, std::int64_t slot, Add&& add) {
    entries_.push_back({subtree, slot});
    while (can_rise()) {
      if (has_sibling()) {
        const Entry right = entries_.back();
        entries_.pop_back();
        add(Addition{entries_.back().slot, right.slot});
      }
      Subtree& risen = entries_.back().subtree;
      risen = {risen.level + 1, risen.index / 2};
    }
  }

  /// The subtrees that wait for a sibling, from left to right.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

  void reset(std::int64_t leaf_count) {
    entries_.clear();
    leaf_count_ = leaf_count;
  }
  void reserve(std::int64_t depth) { entries_.reserve(depth); }

 private:
  [[nodiscard]] bool can_rise() const;
  [[nodiscard]] bool has_sibling() const;

  std::int64_t leaf_count_;
  std::vector<Entry> entries_;
};

/// How to add up vectors that stand for `subtrees` (left to right, disjoint): the additions in
/// order, and what remains, with slots counted as positions in `subtrees`.
struct MergePlan {
  std::vector<Addition> additions;
  std::vector<SummationStack::Entry> remaining;
};
MergePlan plan_merge(std::int64_t leaf_count, std::span<const Subtree> subtrees);

/// The canonical partial sums of the leaves in `range`, from left to right.
std::vector<Subtree> canonical_subtrees(std::int64_t leaf_count, Range range);

/// The sum of `values` in the order of such a tree; 0 without any. They are used as scratch space.
double tree_sum(std::span<double> values);

}  // namespace tally
