// SPDX-License-Identifier: MIT
#include "tally/nn/parameters.hpp"

#include <algorithm>
#include <cassert>

namespace tally {

std::size_t ParameterLayout::append(const std::string& layer,
                                    const std::vector<ParameterShape>& shapes) {
  const std::size_t first = size_;
  for (const ParameterShape& shape : shapes) {
    blocks_.push_back({layer, shape, size_});
    size_ += aligned_size(blocks_.back().size());
  }
  return first;
}

std::size_t ParameterLayout::count() const {
  std::size_t count = 0;
  for (const ParameterBlock& block : blocks_) count += block.size();
  return count;
}

const ParameterBlock& ParameterLayout::block_of(std::size_t element) const {
  assert(element < size_);
  const auto next = std::upper_bound(
      blocks_.begin(), blocks_.end(), element,
      [](std::size_t at, const ParameterBlock& block) { return at < block.offset; });
  return *std::prev(next);
}

}  // namespace tally
