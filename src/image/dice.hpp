// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

#include "tally/core/random.hpp"

namespace tally {

/// Random numbers of the kinds that drawings need. Whoever draws several names each, since C++
/// leaves open which operand or argument is computed first. Private to layer image.
class Dice {
 public:
  explicit Dice(RandomStream& stream) : stream_(stream) {}

  double uniform(double low, double high) { return low + (high - low) * stream_.uniform(); }
  /// low, low + 1, ..., high
  int between(int low, int high) {
    return low + static_cast<int>(stream_.below(static_cast<std::uint32_t>(high - low + 1)));
  }
  bool chance(double probability) { return stream_.uniform() < probability; }
  /// The place of one of so many.
  std::size_t index(std::size_t count) { return stream_.below(static_cast<std::uint32_t>(count)); }
  template <typename Values>
  auto one_of(const Values& values) {
    return values[index(values.size())];
  }
  double sign() { return chance(0.5) ? 1 : -1; }
  /// Normal with mean 0 (Box and Muller, "A Note on the Generation of Random Normal Deviates",
  /// 1958).
  double normal(double deviation) {
    const double radius = std::sqrt(-2 * std::log(1 - stream_.uniform()));
    const double angle = 2 * std::numbers::pi * stream_.uniform();
    return deviation * radius * std::cos(angle);
  }

 private:
  RandomStream& stream_;
};

}  // namespace tally
