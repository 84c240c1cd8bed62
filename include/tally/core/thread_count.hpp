// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

// How many threads the environment lets a program have.
namespace tally {

/// How many threads OpenMP grants a team at most (OMP_THREAD_LIMIT).
int thread_limit();

/// What OMP_NUM_THREADS says of the outermost level: 4 of "4,2"; nothing if it is not set. Throws
/// an Error that names the variable if it says nothing that can be understood.
std::optional<int> environment_threads();

/// The size of a team for a program that was told of none: that of the environment, else a thread
/// for each processor it may run on. Throws an Error as environment_threads() does.
int default_threads();

}  // namespace tally
