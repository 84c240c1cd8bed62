// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/core/aligned_vector.hpp"
#include "tally/core/thread_team.hpp"
#include "tally/parallel/reduction_plan.hpp"

// The leaves of one rank, summed along the tree as its threads produce them. Memory: a few vectors
// per thread, however many leaves there are.
namespace tally {

class LeafSums {
 public:
  /// Vectors of `vector_size` elements, a multiple of kAlignmentElements. Steps may have any of
  /// `leaf_counts` leaves (a full step, and the last one of an epoch).
  LeafSums(std::size_t vector_size, std::int64_t shards, std::span<const std::int64_t> leaf_counts,
           const Workers& workers);

  /// Starts a step. Its leaf count must be one of those given.
  void begin(std::int64_t leaf_count);

  [[nodiscard]] const ReductionPlan& plan() const { return *plan_; }

  /// The leaves that `thread` is to produce, in order.
  [[nodiscard]] Range leaves(int thread) const;

  /// Where `thread` writes its next leaf: every element, except alignment gaps, which are zero.
  [[nodiscard]] float* next_leaf(int thread);
  /// Adds what is there to the thread's sums.
  void add_leaf(int thread);

  /// Once all threads are done: adds up over threads. Returns the rank's canonical partial sums.
  std::span<float* const> merge(const ThreadTeam& team);

  [[nodiscard]] std::size_t vector_size() const { return vector_size_; }

 private:
  struct Thread {
    std::vector<AlignedArray<float>> slots;
    SummationStack stack{0};
    std::int64_t next = 0;  // the leaf to come
  };

  std::size_t vector_size_;
  std::vector<ReductionPlan> plans_;
  const ReductionPlan* plan_ = nullptr;
  std::vector<Thread> threads_;
  std::vector<float*> sources_;   // the vectors of plan().thread_partials
  std::vector<float*> partials_;  // those that remain
};

/// into[i] += from[i] for the elements in `range`.
void add_vectors(float* into, const float* from, Range range);

}  // namespace tally
