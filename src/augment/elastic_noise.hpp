// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tally/core/index.hpp"

// Private to layer augment.
namespace tally {

/// Smooth random fields of displacements. A few large ones are made once, each of which repeats
/// itself in both directions; a copy takes a window somewhere in one of them. There are hundreds of
/// thousands of windows, in memory that stays in a core's cache.
class ElasticNoise {
 public:
  static constexpr int kUnit = 4096;        ///< the root mean square of a field
  static constexpr Index kReadBehind = 16;  ///< how many values behind a window may be read

  /// For windows of `height` x `width`, smoothed by a Gaussian of `sigma` pixels.
  ElasticNoise(Index height, Index width, double sigma, std::uint64_t seed);

  /// A window is chosen by 32 random bits.
  struct Window {
    const std::int16_t* first;  ///< of the window's first row
    Index stride;               ///< from one row to the next
  };
  [[nodiscard]] Window window(std::uint32_t chosen) const;

 private:
  // As many as fit a core's cache, and two of any size.
  [[nodiscard]] std::uint32_t field_count() const;
  [[nodiscard]] Index stored_rows() const { return period_ + height_; }
  [[nodiscard]] Index stride() const { return period_ + width_; }

  Index height_;
  Index width_;
  Index period_;                      // a power of two, of rows and columns
  std::vector<std::int16_t> fields_;  // each with what repeats behind its rows and columns
};

}  // namespace tally
