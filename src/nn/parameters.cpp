// SPDX-License-Identifier: MIT
#include "tally/nn/parameters.hpp"

#include <algorithm>
#include <cassert>

namespace tally {

std::vector<Real> ParameterBlock::values(std::span<const Real> vector) const {
  std::vector<Real> values;
  values.reserve(size());
  for (Index i = 0; i < shape.rows; ++i) {
    const std::span<const Real> from = row(vector, i);
    values.insert(values.end(), from.begin(), from.end());
  }
  return values;
}

void ParameterBlock::put(std::span<const Real> values, std::span<Real> vector) const {
  assert(values.size() == size());
  for (Index i = 0; i < shape.rows; ++i) {
    const std::span<Real> to = row(vector, i);
    std::ranges::copy(values.subspan(static_cast<std::size_t>(i) * to.size(), to.size()),
                      to.begin());
  }
}

std::size_t ParameterLayout::append(const std::string& layer,
                                    const std::vector<ParameterShape>& shapes) {
  const std::size_t first = size_;
  for (const ParameterShape& shape : shapes) {
    blocks_.push_back({layer, shape, size_});
    size_ = aligned_size(size_ + blocks_.back().room());
  }
  return first;
}

std::size_t ParameterLayout::count() const {
  std::size_t count = 0;
  for (const ParameterBlock& block : blocks_) count += block.size();
  return count;
}

std::size_t ParameterLayout::learned_count() const {
  std::size_t count = 0;
  for (const ParameterBlock& block : blocks_) {
    if (is_learned(block.shape.role)) count += block.size();
  }
  return count;
}

std::vector<Range> ParameterLayout::rows() const {
  std::vector<Range> rows;
  for (const ParameterBlock& block : blocks_) {
    for (Index row = 0; row < block.shape.rows; ++row) {
      const auto begin =
          static_cast<std::int64_t>(block.offset) + row * static_cast<std::int64_t>(block.stride());
      rows.push_back({begin, begin + block.shape.columns});
    }
  }
  return rows;
}

const ParameterBlock& ParameterLayout::block(std::string_view layer, Role role) const {
  const auto found = std::ranges::find_if(blocks_, [&](const ParameterBlock& block) {
    return block.layer == layer && block.shape.role == role;
  });
  assert(found != blocks_.end());
  return *found;
}

const ParameterBlock& ParameterLayout::block_of(std::size_t element) const {
  assert(element < size_);
  const auto next = std::upper_bound(
      blocks_.begin(), blocks_.end(), element,
      [](std::size_t at, const ParameterBlock& block) { return at < block.offset; });
  return *std::prev(next);
}

}  // namespace tally
