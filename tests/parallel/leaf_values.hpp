// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace tally {

/// A leaf's value, of very different sizes so that another order of adding shows in the bits.
inline float leaf_value(std::int64_t leaf) {
  return static_cast<float>(std::sin(static_cast<double>(leaf + 1)) *
                            std::pow(10.0, static_cast<double>(leaf % 6)));
}

/// The tree as it is defined.
inline float sum_by_definition(std::int64_t leaf_count) {
  std::vector<float> level;
  for (std::int64_t leaf = 0; leaf < leaf_count; ++leaf) level.push_back(leaf_value(leaf));
  while (level.size() > 1) {
    std::vector<float> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) next.push_back(level[i] + level[i + 1]);
    if (level.size() % 2 == 1) next.push_back(level.back());
    level = next;
  }
  return level[0];
}

}  // namespace tally
