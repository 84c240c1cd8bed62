// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

namespace tally {

/// Changes the bytes of training images before they become numbers, as augmentation does. What it
/// makes of an image is a function of these arguments alone, never of the batch or the rank, so
/// that any rank makes the same of it at any time. Called by all threads.
class SampleTransform {
 public:
  virtual ~SampleTransform() = default;

  /// Which use of which sample: its id is the number in the file of training images.
  struct Key {
    std::uint64_t seed = 0;
    std::uint32_t epoch = 0;
    std::uint32_t sample = 0;
  };

  /// Writes what training sees of `pixels` to `changed`, which has the same size.
  virtual void apply(Key key, std::span<const std::uint8_t> pixels,
                     std::span<std::uint8_t> changed) const = 0;
};

}  // namespace tally
