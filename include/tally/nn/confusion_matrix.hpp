// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tally {

/// Counts of (true class, predicted class). Whole numbers, so that any order of adding is exact.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::int64_t classes)
      : classes_(classes), counts_(static_cast<std::size_t>(classes * classes)) {}

  void add(std::span<const std::uint8_t> labels, std::span<const std::uint8_t> predicted);
  void add(const ConfusionMatrix& other);

  [[nodiscard]] std::int64_t classes() const { return classes_; }
  [[nodiscard]] std::int64_t count(std::int64_t label, std::int64_t predicted) const {
    return counts_[static_cast<std::size_t>(label * classes_ + predicted)];
  }

  [[nodiscard]] std::int64_t samples() const;
  [[nodiscard]] std::int64_t correct() const;
  /// How many samples are of class `label`, and how many were taken for it.
  [[nodiscard]] std::int64_t labelled(std::int64_t label) const;
  [[nodiscard]] std::int64_t predicted(std::int64_t label) const;

  /// Fractions 0..1; 0 where there is nothing to divide by.
  [[nodiscard]] double accuracy() const;
  [[nodiscard]] double precision(std::int64_t label) const;
  [[nodiscard]] double recall(std::int64_t label) const;
  [[nodiscard]] double f1(std::int64_t label) const;

 private:
  std::int64_t classes_;
  std::vector<std::int64_t> counts_;  // [true class x predicted class]
};

}  // namespace tally
