// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string_view>

namespace tally {

/// How gradients are summed over ranks.
///   tree   in the fixed order of the summation tree: the same bits at any number of ranks
///   mpi    by MPI_Allreduce: for comparison; the bits depend on ranks and threads
enum class ReductionKind { kTree, kMpi };

inline constexpr std::array<std::string_view, 2> kReductionNames = {"tree", "mpi"};

}  // namespace tally
