// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tally/core/aligned_vector.hpp"
#include "tally/parallel/communicator.hpp"
#include "tally/parallel/reduction_plan.hpp"

// The sum over nodes of what each node has summed, by messages between their leaders.
namespace tally {

class NodeExchange {
 public:
  virtual ~NodeExchange() = default;

  /// Writes the sum of the `partials` of all nodes to `total` on every leader; returns their flags,
  /// or-ed. The flags travel with the gradients, so that agreeing on a stop costs no message of its
  /// own. Collective: the leader of every node must call.
  virtual std::uint32_t sum(const ReductionPlan& plan, std::span<float* const> partials,
                            std::uint32_t flags, std::span<float> total) = 0;
};

/// Sums in the order of the summation tree: the same bits for any nodes. Each leader owns a slice
/// of the vector: it is sent that slice of every partial sum, adds them up in tree order, and sends
/// the result to all. Bytes sent per node: about twice the vector, whatever the nodes.
class TreeExchange : public NodeExchange {
 public:
  TreeExchange(const Communicator& leaders, std::size_t vector_size);

  std::uint32_t sum(const ReductionPlan& plan, std::span<float* const> partials,
                    std::uint32_t flags, std::span<float> total) override;

 private:
  // What is sent and received in a step of one plan.
  struct Messages {
    Messages(const ReductionPlan& plan, std::span<const Range> slices, int rank);
    const ReductionPlan* plan;
    BlockRanges sent, received;
    std::size_t sent_elements = 0, received_elements = 0;
  };
  const Messages& messages_of(const ReductionPlan& plan);
  void pack(const Messages& messages, std::span<float* const> partials, std::uint32_t flags);
  [[nodiscard]] std::uint32_t received_flags(const Messages& messages) const;
  void sum_own_slice(const Messages& messages, std::span<float> total);

  const Communicator& leaders_;
  std::vector<Range> slices_;  // of each leader, in elements
  BlockRanges slice_blocks_;
  std::vector<std::unique_ptr<Messages>> messages_;
  AlignedArray<float> send_, receive_;
  std::vector<float*> partial_slices_;
};

/// Adds all partial sums of a node and leaves the rest to MPI_Allreduce: for comparison. The bits
/// depend on ranks and threads.
class MpiExchange : public NodeExchange {
 public:
  explicit MpiExchange(const Communicator& leaders) : leaders_(leaders) {}

  std::uint32_t sum(const ReductionPlan& plan, std::span<float* const> partials,
                    std::uint32_t flags, std::span<float> total) override;

 private:
  const Communicator& leaders_;
};

}  // namespace tally
