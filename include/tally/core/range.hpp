// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

namespace tally {

/// The half-open interval [begin, end) of leaves, shards, samples or vector elements.
struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  [[nodiscard]] std::int64_t size() const { return end - begin; }
  [[nodiscard]] bool is_empty() const { return end <= begin; }
  friend bool operator==(const Range&, const Range&) = default;
};

/// Part `part` of `whole` cut into `parts` contiguous pieces whose sizes differ by at most one.
/// With `granule` > 1 every cut lies a multiple of it after whole.begin.
inline Range part_of(Range whole, std::int64_t parts, std::int64_t part, std::int64_t granule = 1) {
  const std::int64_t granules = (whole.size() + granule - 1) / granule;
  const auto cut = [&](std::int64_t number) {
    return whole.begin + std::min(whole.size(), granules * number / parts * granule);
  };
  return {cut(part), cut(part + 1)};
}

/// `range` without what lies at or after `end`.
inline Range clipped(Range range, std::int64_t end) {
  return {std::min(range.begin, end), std::min(range.end, end)};
}

}  // namespace tally
