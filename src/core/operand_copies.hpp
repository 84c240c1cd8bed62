// SPDX-License-Identifier: MIT
#pragma once

#include "tally/core/index.hpp"

// Copies of parts of matrices, closer together or transposed. Private to layer core.
namespace tally {

struct CopySource {
  const float* values;
  Index stride;  // from row to row
};

struct CopyTarget {
  float* values;
  Index stride;
};

void copy_rows(const CopySource& from, Index rows, Index columns, const CopyTarget& to);

/// The rows of `from` become the columns of `to`.
void copy_transposed(const CopySource& from, Index rows, Index columns, const CopyTarget& to);

}  // namespace tally
