// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "tally/parallel/awaited_peers.hpp"
#include "tally/parallel/communicator.hpp"

namespace tally {

/// Messages from and to fixed places in memory that are all under way at once, again and again:
/// made once, so that sending takes nothing from the heap.
class MessageRound {
 public:
  explicit MessageRound(const Communicator& communicator);
  ~MessageRound();
  MessageRound(MessageRound&&) noexcept;
  MessageRound& operator=(MessageRound&&) = delete;

  /// The messages from one rank to another are told apart by `number`, from 0.
  void send(int to, int number, std::span<const std::byte> bytes);
  void receive(int from, int number, std::span<std::byte> bytes);

  /// Returns when all have been sent and received. `awaited` says meanwhile of whom something is
  /// still missing, in numbers of `ranks` instead of the communicator's own.
  void run(AwaitedPeers& awaited, std::span<const int> ranks) const;

 private:
  struct Requests;
  std::unique_ptr<Requests> requests_;
};

}  // namespace tally
