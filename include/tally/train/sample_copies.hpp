// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/augment/augmenter.hpp"
#include "tally/core/large_array.hpp"
#include "tally/data/shard_store.hpp"

namespace tally {

/// How a run augments its samples.
struct AugmentationRecipe {
  Distortions distortions;
  StrengthPhases strength;
  CopyCount copies;
  std::int64_t epochs = 0;  ///< of the whole run
  ImageSize size;
  std::uint64_t seed = 0;
};

/// The augmented copies that a rank trains on. Epoch e uses copy e of each sample; or, of a limited
/// number of copies for each phase of strengths, one after the other, over and over. These are made
/// where they are first used, and kept: a sample is augmented `copies` times in a phase, not once
/// in every epoch. A resumed run makes the same ones again.
class SampleCopies {
 public:
  /// Room for the copies of all samples of `samples`, which must outlive it.
  SampleCopies(const AugmentationRecipe& recipe, const ShardStore& samples);

  /// Between steps only.
  void begin_epoch(std::int64_t epoch);

  /// The copy of a sample in the open epoch: kept memory, or `place`, which has the size of an
  /// image. Threads may call it at the same time for different samples.
  [[nodiscard]] std::span<const std::uint8_t> copy(const StoredSample& sample,
                                                   Augmenter::Scratch& scratch,
                                                   std::span<std::uint8_t> place);

  /// Asks the processor to bring a kept copy close.
  void prefetch(std::size_t sample) const;

  [[nodiscard]] ImageSize image_size() const { return recipe_.size; }

 private:
  [[nodiscard]] std::size_t cell(std::size_t sample) const {
    return copy_in_phase_ * samples_ + sample;
  }

  AugmentationRecipe recipe_;
  Augmenter augmenter_;
  std::size_t samples_;
  std::size_t image_bytes_;
  // Of the open epoch.
  std::size_t phase_ = 0;
  std::size_t copy_in_phase_ = 0;
  // Kept copies [copies x samples]: the bytes, and of which phase each is, counted from 1.
  LargeArray<std::uint8_t> kept_;
  std::vector<std::uint8_t> kept_phase_;
};

}  // namespace tally
