// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/model/model_evaluation.hpp"

namespace tally {

/// The answers of several models to the same labelled images, as one: the mean of their
/// probabilities, class by class (the sum rule of Kittler, Hatef, Duin, Matas: "On combining
/// classifiers", IEEE Transactions on Pattern Analysis and Machine Intelligence 20, 1998). The
/// means are taken in double precision; models that are added in another order may change last
/// bits.
class Vote {
 public:
  /// `labels`, one per image, must outlive it.
  Vote(std::span<const std::uint8_t> labels, std::int64_t classes);

  /// `model` evaluates the same images, in as many classes.
  void add(const ModelEvaluation& model);

  /// Of the means; at least one model must have been added. The loss is the cross-entropy of the
  /// mean probabilities, whatever the models were trained with. There is no temperature.
  [[nodiscard]] ModelEvaluation figures() const;

 private:
  std::span<const std::uint8_t> labels_;
  std::int64_t classes_;
  std::vector<double> sums_;  // [images x classes]
  std::int64_t models_ = 0;
};

}  // namespace tally
