// SPDX-License-Identifier: MIT
#include "tally/core/summation_tree.hpp"

#include <bit>

namespace tally {
namespace {

std::int64_t nodes_at(std::int64_t level, std::int64_t leaf_count) {
  const std::int64_t width = std::int64_t{1} << level;
  return (leaf_count + width - 1) / width;
}

}  // namespace

bool SummationStack::has_sibling() const {
  const TreeNode top = entries_.back().node;
  if (top.index % 2 == 0 || entries_.size() < 2) return false;
  return entries_[entries_.size() - 2].node == TreeNode{top.level, top.index - 1};
}

bool SummationStack::can_rise() const {
  const TreeNode top = entries_.back().node;
  const std::int64_t nodes = nodes_at(top.level, leaf_count_);
  const bool is_root = nodes == 1;
  const bool passes_up = top.index % 2 == 0 && top.index == nodes - 1;
  return !is_root && (passes_up || has_sibling());
}

MergePlan plan_merge(std::int64_t leaf_count, std::span<const TreeNode> nodes) {
  MergePlan plan;
  SummationStack stack(leaf_count);
  std::int64_t slot = 0;
  for (const TreeNode& node : nodes) {
    stack.push(node, slot++, [&](Addition addition) { plan.additions.push_back(addition); });
  }
  plan.remaining = stack.entries();
  return plan;
}

std::vector<TreeNode> canonical_nodes(std::int64_t leaf_count, Range range) {
  SummationStack stack(leaf_count);
  for (std::int64_t leaf = range.begin; leaf < range.end; ++leaf) {
    stack.push({0, leaf}, leaf, [](Addition) {});
  }
  std::vector<TreeNode> nodes;
  for (const auto& entry : stack.entries()) nodes.push_back(entry.node);
  return nodes;
}

double tree_sum(std::span<double> leaves) {
  if (leaves.empty()) return 0;
  for (std::size_t count = leaves.size(); count > 1; count = (count + 1) / 2) {
    for (std::size_t i = 0; i < count / 2; ++i) leaves[i] = leaves[2 * i] + leaves[2 * i + 1];
    if (count % 2 == 1) leaves[count / 2] = leaves[count - 1];
  }
  return leaves.front();
}

}  // namespace tally
