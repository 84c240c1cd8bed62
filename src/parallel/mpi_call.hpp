// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

// Private to layer parallel.
namespace tally {

/// Throws an Error with MPI's own text unless `result` is MPI_SUCCESS.
void mpi_check(int result, std::string_view call);

}  // namespace tally
