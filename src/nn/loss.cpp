// SPDX-License-Identifier: MIT
#include "tally/nn/loss.hpp"

#include <algorithm>
#include <cmath>

namespace tally {
namespace {

// Sums over the classes of a row are plain loops: too short to gain from vectors, and Eigen's would
// depend on the row's address.

const Real* row_of(ConstMatrixView matrix, Index row) {
  return matrix.data() + row * matrix.cols();
}

Real* row_of(MatrixView matrix, Index row) {
  return matrix.data() + row * matrix.cols();
}

Index largest_of(const Real* outputs, Index classes) {
  return std::max_element(outputs, outputs + classes) - outputs;
}

// log(sum_j exp(z_j)) - z_label, of `sum` = sum_j exp(z_j - z_answer).
double cross_entropy(const Real* logits, Real sum, Index answer, std::uint8_t label) {
  return std::log(sum) - (logits[label] - logits[answer]);
}

// The same for labels that are all classes alike: log(sum_j exp(z_j)) - mean_j z_j.
double cross_entropy_of_all(const Real* logits, Index classes, Real sum, Index answer) {
  double mean = 0;
  for (Index j = 0; j < classes; ++j) mean += static_cast<double>(logits[j] - logits[answer]);
  return std::log(static_cast<double>(sum)) - mean / static_cast<double>(classes);
}

// exp(z - the largest z of its row), in the place of each z. Exponentials are taken of the whole
// block at once: its length depends on the rows alone, and so do the bits.
void exponentials(ConstMatrixView logits, MatrixView result) {
  for (Index row = 0; row < logits.rows(); ++row) {
    const Real* z = row_of(logits, row);
    const Real largest = z[largest_of(z, logits.cols())];
    Real* shifted = row_of(result, row);
    for (Index j = 0; j < logits.cols(); ++j) shifted[j] = z[j] - largest;
  }
  result.array() = result.array().exp();
}

Real sum_of(const Real* row, Index classes) {
  Real sum = 0;
  for (Index j = 0; j < classes; ++j) sum += row[j];
  return sum;
}

// Scales a row to a sum of 1; returns the sum it had.
Real normalize(Real* row, Index classes) {
  const Real sum = sum_of(row, classes);
  for (Index j = 0; j < classes; ++j) row[j] /= sum;
  return sum;
}

// From the one-hot label.
Real difference(const Real* y, Index j, std::uint8_t label) {
  return y[j] - (label == j ? 1 : 0);
}

double squared_error(const Real* y, Index classes, std::uint8_t label) {
  double sum = 0;
  for (Index j = 0; j < classes; ++j) {
    const auto d = static_cast<double>(difference(y, j, label));
    sum += d * d;
  }
  return sum / static_cast<double>(classes);
}

}  // namespace

std::int64_t SoftmaxCrossEntropy::gradient(ConstMatrixView outputs,
                                           std::span<const std::uint8_t> labels,
                                           MatrixView grad_outputs,
                                           std::span<double> losses) const {
  const Index classes = outputs.cols();
  exponentials(outputs, grad_outputs);
  std::int64_t correct = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Real* logits = row_of(outputs, static_cast<Index>(i));
    Real* grad = row_of(grad_outputs, static_cast<Index>(i));
    const Index answer = largest_of(logits, classes);
    const Real sum = normalize(grad, classes);
    losses[i] = cross_entropy(logits, sum, answer, labels[i]);
    grad[labels[i]] -= 1;
    if (smoothing_ > 0) smooth(logits, classes, sum, answer, labels[i], grad, losses[i]);
    if (answer == labels[i]) ++correct;
  }
  return correct;
}

void SoftmaxCrossEntropy::smooth(const Real* logits, Index classes, Real sum, Index answer,
                                 std::uint8_t label, Real* grad, double& loss) const {
  loss += smoothing_ * (cross_entropy_of_all(logits, classes, sum, answer) - loss);
  const auto moved = static_cast<Real>(smoothing_);
  grad[label] += moved;
  for (Index j = 0; j < classes; ++j) grad[j] -= moved / static_cast<Real>(classes);
}

void SoftmaxCrossEntropy::evaluate(ConstMatrixView outputs, std::span<const std::uint8_t> labels,
                                   MatrixView scratch, std::span<double> losses,
                                   std::span<std::uint8_t> classes) const {
  exponentials(outputs, scratch);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Real* logits = row_of(outputs, static_cast<Index>(i));
    const Index answer = largest_of(logits, outputs.cols());
    const Real sum = sum_of(row_of(scratch, static_cast<Index>(i)), outputs.cols());
    losses[i] = cross_entropy(logits, sum, answer, labels[i]);
    classes[i] = static_cast<std::uint8_t>(answer);
  }
}

void SoftmaxCrossEntropy::probabilities(ConstMatrixView outputs, MatrixView probabilities) const {
  exponentials(outputs, probabilities);
  for (Index row = 0; row < outputs.rows(); ++row) {
    normalize(row_of(probabilities, row), outputs.cols());
  }
}

std::int64_t MeanSquaredError::gradient(ConstMatrixView outputs,
                                        std::span<const std::uint8_t> labels,
                                        MatrixView grad_outputs, std::span<double> losses) const {
  const Index classes = outputs.cols();
  const Real scale = Real{2} / static_cast<Real>(classes);
  std::int64_t correct = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Real* y = row_of(outputs, static_cast<Index>(i));
    Real* grad = row_of(grad_outputs, static_cast<Index>(i));
    for (Index j = 0; j < classes; ++j) grad[j] = scale * difference(y, j, labels[i]);
    losses[i] = squared_error(y, classes, labels[i]);
    if (largest_of(y, classes) == labels[i]) ++correct;
  }
  return correct;
}

void MeanSquaredError::evaluate(ConstMatrixView outputs, std::span<const std::uint8_t> labels,
                                MatrixView /*scratch*/, std::span<double> losses,
                                std::span<std::uint8_t> classes) const {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Real* y = row_of(outputs, static_cast<Index>(i));
    losses[i] = squared_error(y, outputs.cols(), labels[i]);
    classes[i] = static_cast<std::uint8_t>(largest_of(y, outputs.cols()));
  }
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

std::unique_ptr<Loss> make_loss(LossKind kind, double label_smoothing) {
  if (kind == LossKind::kMeanSquaredError) return std::make_unique<MeanSquaredError>();
  return std::make_unique<SoftmaxCrossEntropy>(label_smoothing);
}

}  // namespace tally
