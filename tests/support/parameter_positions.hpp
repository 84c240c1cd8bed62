// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "tally/nn/parameters.hpp"

namespace tally {

/// Where the parameters of a block lie in a flat vector, row after row, without the gaps.
inline std::vector<std::size_t> positions_of(const ParameterBlock& block) {
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < block.room(); ++i) {
    if (static_cast<Index>(i % block.stride()) < block.shape.columns) {
      positions.push_back(block.offset + i);
    }
  }
  return positions;
}

}  // namespace tally
