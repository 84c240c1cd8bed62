// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "tally/core/matrix.hpp"
#include "tally/nn/loss_kind.hpp"

// Losses of network outputs [rows x classes] against class labels. Values are sums over the rows
// (the trainer divides once, by the samples of the whole step), added in the order of the rows.
namespace tally {

class Loss {
 public:
  virtual ~Loss() = default;

  /// In one pass: the loss of each row, the gradient of their sum with respect to the outputs, and
  /// in how many rows the largest output is that of the label.
  virtual std::int64_t gradient(ConstMatrixView outputs, std::span<const std::uint8_t> labels,
                                MatrixView grad_outputs, std::span<double> losses) const = 0;

  /// The loss of each row and the class of its largest output (the lower class wins a tie), without
  /// a gradient. `scratch` has the shape of the outputs.
  virtual void evaluate(ConstMatrixView outputs, std::span<const std::uint8_t> labels,
                        MatrixView scratch, std::span<double> losses,
                        std::span<std::uint8_t> classes) const = 0;

  /// For each row the probabilities of the classes that the outputs stand for.
  virtual void probabilities(ConstMatrixView outputs, MatrixView probabilities) const = 0;
};

/// Softmax and cross-entropy in one: log(sum_j exp(z_j)) - z_label, computed by log-sum-exp so that
/// no logit overflows. Gradient: softmax(z) - one_hot(label).
///
/// With label smoothing s, training is on the labels (1 - s) one_hot(label) + s / classes, as in
/// PyTorch's CrossEntropyLoss (Szegedy et al.: "Rethinking the Inception architecture for computer
/// vision", CVPR 2016). Evaluation always is on the labels themselves.
class SoftmaxCrossEntropy : public Loss {
 public:
  explicit SoftmaxCrossEntropy(double label_smoothing = 0) : smoothing_(label_smoothing) {}

  std::int64_t gradient(ConstMatrixView outputs, std::span<const std::uint8_t> labels,
                        MatrixView grad_outputs, std::span<double> losses) const override;
  void evaluate(ConstMatrixView outputs, std::span<const std::uint8_t> labels, MatrixView scratch,
                std::span<double> losses, std::span<std::uint8_t> classes) const override;
  void probabilities(ConstMatrixView outputs, MatrixView probabilities) const override;

 private:
  void smooth(const Real* logits, Index classes, Real sum, Index answer, std::uint8_t label,
              Real* grad, double& loss) const;

  double smoothing_;
};

/// The mean over the n outputs of a sample of (y - y*)^2, where y* is the one-hot label.
/// Gradient: 2/n (y - y*). As probabilities: the outputs cut at 0, scaled to a sum of 1.
class MeanSquaredError : public Loss {
 public:
  std::int64_t gradient(ConstMatrixView outputs, std::span<const std::uint8_t> labels,
                        MatrixView grad_outputs, std::span<double> losses) const override;
  void evaluate(ConstMatrixView outputs, std::span<const std::uint8_t> labels, MatrixView scratch,
                std::span<double> losses, std::span<std::uint8_t> classes) const override;
  void probabilities(ConstMatrixView outputs, MatrixView probabilities) const override;
};

/// `label_smoothing` is that of the cross-entropy.
std::unique_ptr<Loss> make_loss(LossKind kind, double label_smoothing = 0);

}  // namespace tally
