// SPDX-License-Identifier: MIT
#include "tally/nn/loss.hpp"

#include <algorithm>
#include <cmath>

namespace tally {
namespace {

// Plain loops in sample order throughout: sums over the ten classes of a row are too short to gain
// from vectors, and Eigen's would depend on the row's address.

const Real* row_of(ConstMatrixView matrix, Index row) {
  return matrix.data() + row * matrix.cols();
}

struct RowSoftmax {
  Real largest;
  Real sum;  // of exp(z_j - largest)
};

RowSoftmax softmax_of(const Real* logits, Index classes) {
  const Real largest = *std::max_element(logits, logits + classes);
  Real sum = 0;
  for (Index j = 0; j < classes; ++j) sum += std::exp(logits[j] - largest);
  return {largest, sum};
}

std::uint8_t largest_of(const Real* outputs, Index classes) {
  return static_cast<std::uint8_t>(std::max_element(outputs, outputs + classes) - outputs);
}

}  // namespace

double SoftmaxCrossEntropy::value(ConstMatrixView outputs,
                                  std::span<const std::uint8_t> labels) const {
  double sum = 0;
  for (Index row = 0; row < outputs.rows(); ++row) {
    const Real* logits = row_of(outputs, row);
    const RowSoftmax softmax = softmax_of(logits, outputs.cols());
    const Real label_logit = logits[labels[static_cast<std::size_t>(row)]];
    sum += std::log(softmax.sum) - (label_logit - softmax.largest);
  }
  return sum;
}

double SoftmaxCrossEntropy::gradient(ConstMatrixView outputs, std::span<const std::uint8_t> labels,
                                     MatrixView grad_outputs) const {
  probabilities(outputs, grad_outputs);
  for (Index row = 0; row < outputs.rows(); ++row) {
    grad_outputs(row, labels[static_cast<std::size_t>(row)]) -= 1;
  }
  return value(outputs, labels);
}

void SoftmaxCrossEntropy::probabilities(ConstMatrixView outputs, MatrixView probabilities) const {
  for (Index row = 0; row < outputs.rows(); ++row) {
    const Real* logits = row_of(outputs, row);
    const RowSoftmax softmax = softmax_of(logits, outputs.cols());
    for (Index j = 0; j < outputs.cols(); ++j) {
      probabilities(row, j) = std::exp(logits[j] - softmax.largest) / softmax.sum;
    }
  }
}

double MeanSquaredError::value(ConstMatrixView outputs,
                               std::span<const std::uint8_t> labels) const {
  double sum = 0;
  for (Index row = 0; row < outputs.rows(); ++row) {
    double row_sum = 0;
    for (Index j = 0; j < outputs.cols(); ++j) {
      const double target = labels[static_cast<std::size_t>(row)] == j ? 1 : 0;
      const double difference = static_cast<double>(outputs(row, j)) - target;
      row_sum += difference * difference;
    }
    sum += row_sum / static_cast<double>(outputs.cols());
  }
  return sum;
}

double MeanSquaredError::gradient(ConstMatrixView outputs, std::span<const std::uint8_t> labels,
                                  MatrixView grad_outputs) const {
  const Real scale = Real{2} / static_cast<Real>(outputs.cols());
  for (Index row = 0; row < outputs.rows(); ++row) {
    for (Index j = 0; j < outputs.cols(); ++j) {
      const Real target = labels[static_cast<std::size_t>(row)] == j ? 1 : 0;
      grad_outputs(row, j) = scale * (outputs(row, j) - target);
    }
  }
  return value(outputs, labels);
}

void MeanSquaredError::probabilities(ConstMatrixView outputs, MatrixView probabilities) const {
  for (Index row = 0; row < outputs.rows(); ++row) {
    Real sum = 0;
    for (Index j = 0; j < outputs.cols(); ++j) sum += std::max(outputs(row, j), Real{0});
    for (Index j = 0; j < outputs.cols(); ++j) {
      probabilities(row, j) = sum > 0 ? std::max(outputs(row, j), Real{0}) / sum
                                      : Real{1} / static_cast<Real>(outputs.cols());
    }
  }
}

std::unique_ptr<Loss> make_loss(LossKind kind) {
  if (kind == LossKind::kMeanSquaredError) return std::make_unique<MeanSquaredError>();
  return std::make_unique<SoftmaxCrossEntropy>();
}

void predict_classes(ConstMatrixView outputs, std::span<std::uint8_t> classes) {
  for (Index row = 0; row < outputs.rows(); ++row) {
    classes[static_cast<std::size_t>(row)] = largest_of(row_of(outputs, row), outputs.cols());
  }
}

std::int64_t count_correct(ConstMatrixView outputs, std::span<const std::uint8_t> labels) {
  std::int64_t correct = 0;
  for (Index row = 0; row < outputs.rows(); ++row) {
    const std::uint8_t predicted = largest_of(row_of(outputs, row), outputs.cols());
    if (predicted == labels[static_cast<std::size_t>(row)]) ++correct;
  }
  return correct;
}

}  // namespace tally
