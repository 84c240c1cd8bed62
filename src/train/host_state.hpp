// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "tally/core/index.hpp"
#include "tally/parallel/host.hpp"
#include "tally/state/training_state.hpp"

// Private to layer train: what is trained. A host has it once, in memory that its workers share:
// parameters, behind them the tail of the last step's sum, and velocity. Every worker may read all
// of it between two waits of the host, and write its own slice.
namespace tally {

/// Behind the gradient a leaf carries its loss and its count of correct answers, so that they are
/// summed in the same order and by the same messages. Counts below 2^24 are exact in a float.
inline constexpr Index kLeafTail = kAlignmentElements;
inline constexpr std::size_t kLossElement = 0;
inline constexpr std::size_t kCorrectElement = 1;
inline constexpr std::size_t kFailedElement =
    2;  ///< of a step on a small batch: not 0 if it failed

class HostState {
 public:
  /// Of the vectors that `host` allocates, the first ones.
  static constexpr int kVectors = 2;

  /// `size` is that of the network's layout. `host`, which must outlive this, must have allocated
  /// its vectors before they are asked for.
  HostState(const Host& host, std::size_t size) : host_(host), size_(size) {}

  [[nodiscard]] Real* parameters() const { return host_.own_vector(0); }
  [[nodiscard]] Real* velocity() const { return host_.own_vector(1); }
  [[nodiscard]] Real* tail() const { return parameters() + size_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<const Real> all_parameters() const { return {parameters(), size_}; }
  [[nodiscard]] std::span<const Real> all_velocity() const { return {velocity(), size_}; }

  /// Takes the vectors of `state`, for the leader of the host; others must wait for it.
  void load(const TrainingState& state) const;
  void store(TrainingState& state) const;

  /// Brings the vectors of one host to all others. For leaders; collective over them.
  void broadcast_from(int host) const;

  /// Throws an AgreedError that names the ranks, and begins with `place`, if one host has other
  /// bits than another. Collective: every rank must call.
  void require_one_on_all_hosts(const Communicator& communicator, const std::string& place) const;

 private:
  [[nodiscard]] std::int64_t fingerprint() const;

  const Host& host_;
  std::size_t size_;
};

}  // namespace tally
