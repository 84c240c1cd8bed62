// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tally/core/gemm.hpp"
#include "tally/core/reduction_kind.hpp"
#include "tally/core/summation_tree.hpp"
#include "tally/parallel/gradient_plans.hpp"
#include "tally/parallel/host.hpp"
#include "tally/parallel/host_exchange.hpp"
#include "tally/parallel/packing.hpp"

namespace tally {

/// Where a leaf goes: every element of it, except alignment gaps, which are zero.
struct LeafPlace {
  float* vector = nullptr;
  Into into = Into::kReplace;
};

/// The sum of all leaves of a step over all workers of the job: threads, ranks and hosts. Each
/// worker adds up its leaves; once all have, each worker of a host sums one slice of the vector
/// over what they left. Nothing is copied within a host, and no element is touched by two workers.
///
/// It owns no vector: its caller allocates those that GradientPlans counts. Of the host's, the
/// first is for the total and the others for partial sums to exchange; each worker adds its leaves
/// in its own. Invariant: an element of a vector is written by one worker between two waits of the
/// host.
class GradientTree {
 public:
  struct Options {
    int first_vector = 0;  ///< of the host's, from where on they are the tree's
    /// A leaf whose left sibling was the one before is to be added to it at once, which saves a
    /// pass over memory; whoever makes leaves must then add with the bits of an addition
    /// afterwards.
    bool adds_in_place = false;
    std::vector<Range> values;  ///< see Packing: what hosts send to each other
    ReductionKind reduction = ReductionKind::kTree;
    AwaitedPeers& awaited;  ///< says of whom a sum over hosts waits
  };

  GradientTree(const Host& host, GradientPlans plans, const Options& options);

  /// Starts a step. Its leaf count must be one of those given.
  void begin(std::int64_t leaf_count);

  /// The leaves that `thread` is to make, in order.
  [[nodiscard]] Range leaves_of(int thread) const;
  /// Where it puts the next one.
  [[nodiscard]] LeafPlace next_leaf(int thread) const;
  /// Adds what is there to the thread's sums.
  void add_leaf(int thread);

  /// After the leaves: brings together what all workers have. Returns the flags of all of them,
  /// or-ed. A thread that fails before must break up the host. Collective: every thread of every
  /// rank must call.
  std::uint32_t combine(int thread, std::uint32_t flags);

  /// The slice of the vector that is this worker's, to be taken block by block: blocks are small
  /// enough for a few of them to stay in the first-level cache.
  [[nodiscard]] Range slice_of(int thread) const;
  static constexpr std::int64_t kBlockElements = 1024;

  /// After combine(): the sum of all leaves within `block`, which has up to kBlockElements. Valid
  /// until the next call.
  [[nodiscard]] const float* block_sum(int thread, Range block);

 private:
  // What a thread of this rank sums.
  struct Thread {
    // Its leaves, as they come: a few vectors, however many leaves there are.
    std::vector<float*> slots;
    SummationStack stack{0};
    std::int64_t next = 0;  // the leaf to come

    // Its slice, block by block: where those of the worker partials are at the moment, and room.
    std::vector<const float*> blocks;
    AlignedArray<float> room;
  };

  [[nodiscard]] bool is_one_host() const { return host_.job().host_count() == 1; }
  [[nodiscard]] std::unique_ptr<HostExchange> make_exchange(const Options& options) const;
  [[nodiscard]] Thread& at(int thread) { return threads_[thread]; }
  [[nodiscard]] const Thread& at(int thread) const { return threads_[thread]; }
  [[nodiscard]] bool follows_sibling(const Thread& thread) const;
  void merge_block(Thread& thread, Range block) const;
  void sum_over_host(int thread);
  [[nodiscard]] std::uint32_t flags_of_host() const;

  const Host& host_;
  GradientPlans plans_;
  bool adds_in_place_;
  const ReductionPlan* plan_ = nullptr;  // of the open step
  std::vector<Thread> threads_;

  // With several hosts, whose sums are packed.
  Packing packing_;
  std::unique_ptr<HostExchange> exchange_;
  std::vector<float*> host_partials_;
  float* total_ = nullptr;
};

}  // namespace tally
