// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <cstddef>
#include <limits>
#include <string_view>

// Private to layer parallel.
namespace tally {

/// Throws an Error with MPI's own text unless `result` is MPI_SUCCESS.
void mpi_check(int result, std::string_view call);

/// A count of elements, or of requests, as MPI takes it.
inline int mpi_count(std::size_t count) {
  assert(count <= std::numeric_limits<int>::max());
  return static_cast<int>(count);
}

}  // namespace tally
