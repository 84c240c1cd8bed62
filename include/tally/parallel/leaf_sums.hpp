// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "tally/core/gemm.hpp"
#include "tally/parallel/host.hpp"

// The leaves of one rank, summed along the tree as its threads produce them, in the vectors that
// the host shares. Memory: a few vectors per thread, however many leaves there are.
namespace tally {

/// Where a leaf goes: every element of it, except alignment gaps, which are zero.
struct LeafPlace {
  float* vector = nullptr;
  Into into = Into::kReplace;
};

class LeafSums {
 public:
  /// `host` must have enough vectors for the plans of all steps. With `adds_in_place`, a leaf whose
  /// left sibling was the one before is to be added to it at once, which saves a pass over memory;
  /// whoever produces leaves must then add with the bits of an addition afterwards.
  LeafSums(const Host& host, std::size_t vector_size, bool adds_in_place);

  /// Starts a step.
  void begin(const ReductionPlan& plan);

  /// The leaves that `thread` is to produce, in order.
  [[nodiscard]] Range leaves(int thread) const;

  /// Where `thread` puts its next leaf.
  [[nodiscard]] LeafPlace next_leaf(int thread) const;
  /// Adds what is there to the thread's sums.
  void add_leaf(int thread);

 private:
  struct Thread {
    std::vector<float*> slots;
    SummationStack stack{0};
    std::int64_t next = 0;  // the leaf to come
  };
  [[nodiscard]] bool follows_sibling(const Thread& thread) const;

  const Host& host_;
  std::size_t vector_size_;
  bool adds_in_place_;
  const ReductionPlan* plan_ = nullptr;
  std::vector<Thread> threads_;
};

/// into[i] += from[i] for the elements in `range`.
void add_vectors(float* into, const float* from, Range range);

}  // namespace tally
