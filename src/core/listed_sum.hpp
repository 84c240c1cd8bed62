// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "tally/core/index.hpp"

// Private to layer core.
namespace tally {

/// What a max pool leaves of a gradient, one number in four: so many factors, and where the values
/// that each of them multiplies begin.
struct FactorList {
  const float* factors;
  const std::int32_t* offsets;
  Index size;
};

/// sums[r * sums_step + j] += factor * values[offset + r * values_step + j], in the order of the
/// list, for r < rows and j < columns.
struct ListedSum {
  Index rows, columns;  // columns: whole vectors
  const float* values;
  Index values_step;
  float* sums;
  Index sums_step;
};

void add_listed(const ListedSum& sum, const FactorList& list);

}  // namespace tally
