// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/core/range.hpp"

// The order in which everything is summed that more than one worker contributes to: a fixed binary
// tree over leaves 0..n-1. Level by level it adds the pairs (2i, 2i+1); an odd last node passes up
// unchanged. Node (level, index) covers the leaves [index << level, (index + 1) << level), as far
// as they exist. Whoever adds along this tree gets the same bits, however the leaves were dealt
// out. Leaves at the end that do not exist (the last step of an epoch) change nothing: the tree
// over n leaves is the tree over more leaves with the missing ones skipped.
//
// A worker that holds a contiguous range of leaves reduces it to *canonical partial sums*: the
// largest nodes that lie within the range. There are at most 2 log2 n of them, and one if the
// range is an aligned power of two.
namespace tally {

struct TreeNode {
  std::int64_t level = 0;
  std::int64_t index = 0;
  friend bool operator==(const TreeNode&, const TreeNode&) = default;
};

/// One addition of vectors: slot[into] += slot[from].
struct Addition {
  std::int64_t into = 0;
  std::int64_t from = 0;
  friend bool operator==(const Addition&, const Addition&) = default;
};

/// A binary counter of nodes that arrive from left to right: each arrival adds up whatever has
/// become complete.
class SummationStack {
 public:
  struct Entry {
    TreeNode node;
    std::int64_t slot = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  explicit SummationStack(std::int64_t leaf_count) : leaf_count_(leaf_count) {}

  /// Puts `node`, whose vector is in `slot`, on top, and calls add(Addition) for each pair that is
  /// now complete, in order. The left slot of a pair takes the sum.
  template <typename Add>
  void push(TreeNode node, std::int64_t slot, Add&& add) {
    entries_.push_back({node, slot});
    while (can_rise()) {
      if (has_sibling()) {
        const Entry right = entries_.back();
        entries_.pop_back();
        add(Addition{entries_.back().slot, right.slot});
      }
      entries_.back().node = {entries_.back().node.level + 1, entries_.back().node.index / 2};
    }
  }

  /// The nodes that wait for a sibling, from left to right.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

  void reset(std::int64_t leaf_count) {
    entries_.clear();
    leaf_count_ = leaf_count;
  }
  void reserve(std::int64_t depth) { entries_.reserve(static_cast<std::size_t>(depth)); }

 private:
  [[nodiscard]] bool can_rise() const;
  [[nodiscard]] bool has_sibling() const;

  std::int64_t leaf_count_;
  std::vector<Entry> entries_;
};

/// How to add up vectors that stand for `nodes` (left to right, disjoint): the additions in order,
/// and what remains, with slots counted as positions in `nodes`.
struct MergePlan {
  std::vector<Addition> additions;
  std::vector<SummationStack::Entry> remaining;
};
MergePlan plan_merge(std::int64_t leaf_count, std::span<const TreeNode> nodes);

/// The canonical partial sums of the leaves in `range`, from left to right.
std::vector<TreeNode> canonical_nodes(std::int64_t leaf_count, Range range);

/// The sum of `leaves` in tree order; 0 without leaves. `leaves` is used as scratch space.
double tree_sum(std::span<double> leaves);

}  // namespace tally
