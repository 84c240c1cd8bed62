// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tally/core/aligned_vector.hpp"
#include "tally/core/thread_team.hpp"
#include "tally/parallel/communicator.hpp"
#include "tally/parallel/leaf_sums.hpp"

// The sum of all leaves of a step over all ranks. The trainer does not know how it travels.
namespace tally {

struct ReducedStep {
  std::span<const float> total;  ///< the same on all ranks; valid until the next step begins
  std::uint32_t flags = 0;       ///< or-ed over ranks
};

class GradientReducer {
 public:
  virtual ~GradientReducer() = default;

  /// Collective: every rank must call, with its leaves summed in `sums`. `flags` travel with the
  /// gradients, so that agreeing on a stop costs no message of its own.
  virtual ReducedStep reduce(LeafSums& sums, std::uint32_t flags) = 0;
};

/// Sums in the order of the summation tree: the same bits for any ranks and threads. Each rank owns
/// a slice of the vector: it is sent that slice of every partial sum, adds them up in tree order,
/// and sends the result to all. Bytes sent per rank: about twice the vector, whatever the ranks.
class TreeReducer : public GradientReducer {
 public:
  TreeReducer(const Communicator& communicator, const ThreadTeam& team, std::size_t vector_size);

  ReducedStep reduce(LeafSums& sums, std::uint32_t flags) override;

 private:
  void pack(std::span<float* const> partials, std::uint32_t flags);
  void lay_out_exchange(const ReductionPlan& plan);
  std::uint32_t received_flags() const;
  void sum_own_slice(const ReductionPlan& plan);

  const Communicator& communicator_;
  const ThreadTeam& team_;
  std::vector<Range> slices_;  // of each rank, in elements
  std::vector<Range> slice_blocks_;
  std::vector<Range> sent_, received_;  // per rank, in blocks
  AlignedArray<float> send_, receive_, total_;
  std::vector<float*> partial_slices_;
};

/// Adds all partial sums of a rank and leaves the rest to MPI_Allreduce: for comparison. The bits
/// depend on ranks and threads.
class MpiReducer : public GradientReducer {
 public:
  MpiReducer(const Communicator& communicator, const ThreadTeam& team, std::size_t vector_size);

  ReducedStep reduce(LeafSums& sums, std::uint32_t flags) override;

 private:
  const Communicator& communicator_;
  const ThreadTeam& team_;
  AlignedArray<float> total_;
};

}  // namespace tally
