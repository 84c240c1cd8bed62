// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace tally {

/// Rows, columns and sizes of matrices; signed, as Eigen has it.
using Index = std::ptrdiff_t;

}  // namespace tally
