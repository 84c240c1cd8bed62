// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

// All randomness of a run, counter-based (Philox4x32-10: Salmon et al., "Parallel random numbers:
// as easy as 1, 2, 3", SC'11). A stream is a pure function of (seed, purpose, epoch, item), so any
// rank can make any stream at any time and a checkpoint has no generator state to keep.
namespace tally {

/// What a stream is for; streams of different purposes never share numbers. Values are stored
/// nowhere but must never change, or old runs could not be resumed.
enum class Purpose : std::uint32_t {
  kInitialize = 1,     ///< item: layer
  kHoldOut = 2,        ///< choice of the validation images
  kDeal = 3,           ///< one permutation that deals samples to logical shards
  kEpochOrder = 4,     ///< epoch, item: shard
  kFigure = 5,         ///< drawings that are no digits; epoch: split, item: number of the figure
  kVariation = 6,      ///< of digits; epoch: split, item: place among the digits and their variants
  kDropOut = 8,        ///< at the position of a layer; epoch, item: id of the sample
  kAugment = 9,        ///< epoch: number of the copy, item: sample
  kElasticNoise = 10,  ///< fields of displacements; item: number of the field
};

/// The same purpose once for each layer of a network, whose position is below 2^16.
constexpr Purpose at_position(Purpose purpose, int position) {
  return static_cast<Purpose>(static_cast<std::uint32_t>(purpose) |
                              (static_cast<std::uint32_t>(position) + 1) << 8);
}

class RandomStream {
 public:
  RandomStream(std::uint64_t seed, Purpose purpose, std::uint32_t epoch = 0,
               std::uint32_t item = 0);

  /// The next 32 uniform random bits.
  std::uint32_t next();

  /// Uniform in [0, bound), without bias (Lemire, "Fast random integer generation in an
  /// interval", 2019). `bound` must not be 0.
  std::uint32_t below(std::uint32_t bound);

  /// Uniform in [0, 1), in steps of 2^-32.
  double uniform();

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  std::size_t used_ = 4;
};

/// Permutes `items` uniformly (Fisher-Yates, from the back). At most 2^32 - 1 items.
template <typename Item>
void shuffle(std::span<Item> items, RandomStream& stream) {
  for (std::size_t remaining = items.size(); remaining > 1; --remaining) {
    const std::size_t chosen = stream.below(static_cast<std::uint32_t>(remaining));
    std::swap(items[remaining - 1], items[chosen]);
  }
}

}  // namespace tally
