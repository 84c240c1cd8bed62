// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tally/core/aligned_vector.hpp"
#include "tally/parallel/awaited_peers.hpp"
#include "tally/parallel/communicator.hpp"
#include "tally/parallel/exchange_plan.hpp"
#include "tally/parallel/message_round.hpp"
#include "tally/parallel/reduction_plan.hpp"

// The sum over hosts of what each host has summed, by messages between their leaders.
namespace tally {

/// The vectors of a host from which and into which its leader sums. They do not move.
struct ExchangeVectors {
  std::vector<float*> partials;  ///< as many as any plan leaves over; used as room on the way
  std::span<float> total;
};

class HostExchange {
 public:
  virtual ~HostExchange() = default;

  /// Writes the sum of the partials of all hosts to the total of each; returns their flags, or-ed.
  /// The flags travel with the gradients, so that agreeing on a stop costs no message of its own.
  /// Collective: the leader of every host must call.
  virtual std::uint32_t sum(const ReductionPlan& plan, std::uint32_t flags) = 0;
};

/// Sums in the order of the summation tree, as ExchangePlan says: the same bits for any hosts.
class TreeExchange : public HostExchange {
 public:
  /// Between whom, and what is known of it while a sum waits.
  struct Peers {
    const Communicator& leaders;
    std::vector<int> ranks;  ///< of the leaders in the job
    AwaitedPeers& awaited;
  };

  /// For the steps of each of `plans`, which must outlive this.
  TreeExchange(Peers peers, std::span<const ReductionPlan> plans, const ExchangeVectors& vectors);

  std::uint32_t sum(const ReductionPlan& plan, std::uint32_t flags) override;

 private:
  // The way of one plan through messages and memory.
  struct Piece {
    Range part;
    float* received;  // the partial sums of the other group, one after the other
  };
  struct Round {
    MessageRound there, back;
    std::vector<Piece> pieces;
    std::vector<ExchangePlan::Operation> operations;
  };
  struct Route {
    const ReductionPlan* of;
    ExchangePlan plan;
    std::vector<float*> vectors;
    std::vector<Round> rounds;
    AlignedArray<float> room, received;
  };

  Route make_route(const ReductionPlan& of, const ExchangeVectors& vectors);
  Round make_round(const ExchangePlan::Round& planned, Route& route);
  [[nodiscard]] const Route& route_of(const ReductionPlan& plan) const;
  void add_up(const Route& route, const Round& round) const;

  Peers peers_;
  std::span<float> total_;
  std::uint32_t flags_ = 0;
  std::vector<std::uint32_t> received_flags_;  // of each leader, in the last round with it
  std::vector<std::unique_ptr<Route>> routes_;
};

/// Adds all partial sums of a host and leaves the rest to MPI_Allreduce: for comparison. The bits
/// depend on ranks and threads.
class MpiExchange : public HostExchange {
 public:
  MpiExchange(const Communicator& leaders, ExchangeVectors vectors)
      : leaders_(leaders), vectors_(std::move(vectors)) {}

  std::uint32_t sum(const ReductionPlan& plan, std::uint32_t flags) override;

 private:
  const Communicator& leaders_;
  ExchangeVectors vectors_;
};

}  // namespace tally
