// SPDX-License-Identifier: MIT
#include "tally/core/summation_tree.hpp"

#include <bit>

namespace tally {
namespace {

std::int64_t subtrees_at(std::int64_t level, std::int64_t leaf_count) {
  const std::int64_t width = std::int64_t{1} << level;
  return (leaf_count + width - 1) / width;
}

}  // namespace

void add_vectors(float* into, const float* from, Range range) {
  for (std::int64_t i = range.begin; i < range.end; ++i) into[i] += from[i];
}

bool SummationStack::has_sibling() const {
  const Subtree top = entries_.back().subtree;
  if (top.index % 2 == 0 || entries_.size() < 2) return false;
  return entries_[entries_.size() - 2].subtree == Subtree{top.level, top.index - 1};
}

bool SummationStack::can_rise() const {
  const Subtree top = entries_.back().subtree;
  const std::int64_t subtrees = subtrees_at(top.level, leaf_count_);
  const bool is_root = subtrees == 1;
  const bool passes_up = top.index % 2 == 0 && top.index == subtrees - 1;
  return !is_root && (passes_up || has_sibling());
}

MergePlan plan_merge(std::int64_t leaf_count, std::span<const Subtree> subtrees) {
  MergePlan plan;
  SummationStack stack(leaf_count);
  std::int64_t slot = 0;
  for (const Subtree& subtree : subtrees) {
    stack.push(subtree, slot++, [&](Addition addition) { plan.additions.push_back(addition); });
  }
  plan.remaining = stack.entries();
  return plan;
}

std::vector<Subtree> canonical_subtrees(std::int64_t leaf_count, Range range) {
  SummationStack stack(leaf_count);
  for (std::int64_t leaf = range.begin; leaf < range.end; ++leaf) {
    stack.push({0, leaf}, leaf, [](Addition) {});
  }
  std::vector<Subtree> subtrees;
  for (const auto& entry : stack.entries()) subtrees.push_back(entry.subtree);
  return subtrees;
}

double tree_sum(std::span<double> values) {
  if (values.empty()) return 0;
  for (std::size_t count = values.size(); count > 1; count = (count + 1) / 2) {
    for (std::size_t i = 0; i < count / 2; ++i) values[i] = values[2 * i] + values[2 * i + 1];
    if (count % 2 == 1) values[count / 2] = values[count - 1];
  }
  return values.front();
}

}  // namespace tally
