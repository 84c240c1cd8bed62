// SPDX-License-Identifier: MIT
#include "tally/nn/confusion_matrix.hpp"

#include <cassert>
#include <numeric>

namespace tally {
namespace {

double fraction(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void ConfusionMatrix::add(std::span<const std::uint8_t> labels,
                          std::span<const std::uint8_t> predicted) {
  assert(labels.size() == predicted.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    ++counts_[static_cast<std::size_t>(labels[i] * classes_ + predicted[i])];
  }
}

void ConfusionMatrix::add(const ConfusionMatrix& other) {
  assert(classes_ == other.classes_);
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

std::int64_t ConfusionMatrix::samples() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

std::int64_t ConfusionMatrix::correct() const {
  std::int64_t sum = 0;
  for (std::int64_t label = 0; label < classes_; ++label) sum += count(label, label);
  return sum;
}

std::int64_t ConfusionMatrix::labelled(std::int64_t label) const {
  std::int64_t sum = 0;
  for (std::int64_t other = 0; other < classes_; ++other) sum += count(label, other);
  return sum;
}

std::int64_t ConfusionMatrix::predicted(std::int64_t label) const {
  std::int64_t sum = 0;
  for (std::int64_t other = 0; other < classes_; ++other) sum += count(other, label);
  return sum;
}

double ConfusionMatrix::accuracy() const {
  return fraction(correct(), samples());
}

double ConfusionMatrix::precision(std::int64_t label) const {
  return fraction(count(label, label), predicted(label));
}

double ConfusionMatrix::recall(std::int64_t label) const {
  return fraction(count(label, label), labelled(label));
}

double ConfusionMatrix::f1(std::int64_t label) const {
  return fraction(2 * count(label, label), labelled(label) + predicted(label));
}

}  // namespace tally
