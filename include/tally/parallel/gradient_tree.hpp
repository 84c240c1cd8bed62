// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tally/parallel/leaf_sums.hpp"
#include "tally/parallel/node_exchange.hpp"
#include "tally/parallel/packing.hpp"

namespace tally {

/// How the sums of nodes are added: in the order of the tree, or in MPI's (for comparison).
enum class ExchangeKind { kTree, kMpi };

/// The sum of all leaves of a step over all workers of the job: threads, ranks and nodes. Each
/// worker adds up its leaves; once all have, each worker of a node sums one slice of the vector
/// over what they left. Nothing is copied within a node, and no element is touched by two workers.
///
/// Vectors of the node: the trainer's own first, then those that the sum over nodes needs.
class GradientTree {
 public:
  struct Shape {
    std::size_t vector_size = 0;  ///< of a leaf; a multiple of kAlignmentElements
    std::int64_t shards = 1;
    std::vector<std::int64_t> leaf_counts;  ///< that steps may have
    bool adds_in_place = false;             ///< see LeafSums
    std::vector<Range> values = {};         ///< see Packing: what nodes send to each other
  };

  struct Options {
    int own_vectors = 0;  ///< of the node, for the caller
    ExchangeKind exchange = ExchangeKind::kTree;
    AwaitedPeers& awaited;  ///< says of whom a sum over nodes waits
  };

  /// Allocates the vectors of `node`. Collective: every rank must call.
  GradientTree(Node& node, const Shape& shape, const Options& options);

  /// Starts a step. Its leaf count must be one of those given.
  void begin(std::int64_t leaf_count);

  /// To be filled by the threads of this rank.
  [[nodiscard]] LeafSums& leaves() { return leaves_; }

  /// After the leaves: brings together what all workers have. Returns the flags of all of them,
  /// or-ed. A thread that fails before must break up the node. Collective: every thread of every
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
  [[nodiscard]] bool is_one_node() const { return node_.job().node_count() == 1; }
  [[nodiscard]] std::unique_ptr<NodeExchange> make_exchange(const Options& options) const;
  [[nodiscard]] const float* source(std::int64_t position) const;
  void merge_block(int thread, Range block);
  void sum_over_node(int thread);
  [[nodiscard]] std::uint32_t flags_of_node() const;

  Node& node_;
  std::size_t vector_size_;
  int own_vectors_;
  std::vector<ReductionPlan> plans_;
  const ReductionPlan* plan_ = nullptr;
  LeafSums leaves_;

  // For each thread: where the blocks of the worker partials are at the moment, and room for sums.
  struct Scratch {
    std::vector<const float*> blocks;
    AlignedArray<float> room;
  };
  std::vector<Scratch> scratch_;

  // With several nodes, whose sums are packed.
  Packing packing_;
  std::unique_ptr<NodeExchange> exchange_;
  std::vector<float*> node_partials_;
  float* total_ = nullptr;
};

}  // namespace tally
