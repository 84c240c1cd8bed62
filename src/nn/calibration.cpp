// SPDX-License-Identifier: MIT
#include "tally/nn/calibration.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace tally {
namespace {

/// With p = softmax(b z): the derivative by b of the sum of -log p_label, which is
/// sum over the rows of (sum_j p_j z_j - z_label). It grows with b.
double slope_of_loss(ConstMatrixView outputs, std::span<const std::uint8_t> labels, double b) {
  double slope = 0;
  for (Index row = 0; row < outputs.rows(); ++row) {
    const double largest = outputs.row(row).maxCoeff();
    double sum = 0, weighted = 0;
    for (Index j = 0; j < outputs.cols(); ++j) {
      const double weight = std::exp(b * (outputs(row, j) - largest));
      sum += weight;
      weighted += weight * outputs(row, j);
    }
    slope += weighted / sum - outputs(row, labels[static_cast<std::size_t>(row)]);
  }
  return slope;
}

}  // namespace

void scaled_probabilities(ConstMatrixView outputs, double temperature, MatrixView probabilities) {
  for (Index row = 0; row < outputs.rows(); ++row) {
    const double largest = outputs.row(row).maxCoeff();
    double sum = 0;
    for (Index j = 0; j < outputs.cols(); ++j) {
      sum += std::exp((outputs(row, j) - largest) / temperature);
    }
    for (Index j = 0; j < outputs.cols(); ++j) {
      probabilities(row, j) =
          static_cast<Real>(std::exp((outputs(row, j) - largest) / temperature) / sum);
    }
  }
}

double fit_temperature(ConstMatrixView outputs, std::span<const std::uint8_t> labels) {
  assert(static_cast<std::size_t>(outputs.rows()) == labels.size());
  constexpr int kHalvings = 60;
  double low = -std::log(32.0), high = std::log(32.0);  // of log(1 / temperature)
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (slope_of_loss(outputs, labels, std::exp(middle)) < 0 ? low : high) = middle;
  }
  return std::exp(-(low + high) / 2);
}

double calibration_error(ConstMatrixView probabilities, std::span<const std::uint8_t> labels) {
  assert(static_cast<std::size_t>(probabilities.rows()) == labels.size());
  if (labels.empty()) return 0;
  std::array<double, kCalibrationBins> excess{};  // confidence minus right answers, summed
  for (Index row = 0; row < probabilities.rows(); ++row) {
    Index answer = 0;
    const double confidence = probabilities.row(row).maxCoeff(&answer);
    const int bin = std::min(static_cast<int>(confidence * kCalibrationBins), kCalibrationBins - 1);
    const bool is_right = answer == labels[static_cast<std::size_t>(row)];
    excess[static_cast<std::size_t>(bin)] += confidence - (is_right ? 1 : 0);
  }
  double sum = 0;
  for (const double value : excess) sum += std::abs(value);
  return sum / static_cast<double>(labels.size());
}

}  // namespace tally
