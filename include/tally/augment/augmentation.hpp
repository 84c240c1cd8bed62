// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

// What a recipe says about augmentation, as plain values.
namespace tally {

/// What is done to an image, in this order. augmenter.hpp has the ranges.
enum class Distortion { kAffine, kElastic, kStroke, kBrightness, kCutOut };
inline constexpr std::array<std::string_view, 5> kDistortionNames = {"affine", "elastic", "stroke",
                                                                     "brightness", "cut-out"};

/// A set of distortions; empty: no augmentation.
class Distortions {
 public:
  void add(Distortion distortion) { bits_ |= bit(distortion); }
  [[nodiscard]] bool has(Distortion distortion) const { return (bits_ & bit(distortion)) != 0; }
  [[nodiscard]] bool is_empty() const { return bits_ == 0; }
  friend bool operator==(const Distortions&, const Distortions&) = default;

 private:
  static std::uint32_t bit(Distortion distortion) {
    return 1U << static_cast<unsigned>(distortion);
  }
  std::uint32_t bits_ = 0;
};

/// How strong distortions are in the course of a run. Every range is multiplied by the strength.
struct StrengthPhases {
  struct Phase {
    double strength = 1;
    double end = 1;  ///< as a fraction of the epochs
    friend bool operator==(const Phase&, const Phase&) = default;
  };
  std::vector<Phase> phases = {Phase()};  ///< by rising ends, the last of which is 1

  /// The number of the phase that holds the middle of `epoch` (from 0) of `epochs`.
  [[nodiscard]] std::size_t phase_at(std::int64_t epoch, std::int64_t epochs) const;
  /// The first epoch of that phase.
  [[nodiscard]] std::int64_t first_epoch(std::size_t phase, std::int64_t epochs) const;
  friend bool operator==(const StrengthPhases&, const StrengthPhases&) = default;
};

/// How many augmented copies of each sample a run uses over and over.
struct CopyCount {
  std::int64_t value = 0;  ///< 0: a fresh copy in every epoch
  friend bool operator==(const CopyCount&, const CopyCount&) = default;
};

}  // namespace tally
