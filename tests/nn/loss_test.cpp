// SPDX-License-Identifier: MIT
#include "tally/nn/loss.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace tally {
namespace {

const std::vector<std::uint8_t> kLabels = {2, 0};

class LossTest : public testing::Test {
 protected:
  AlignedVector outputs_ = {0.5F, -1.0F, 2.0F, 0.1F, 0.2F, 0.3F};  // [2 x 3]
  AlignedVector grad_ = AlignedVector(6);

  ConstMatrixView outputs() const {
    return matrix_view(static_cast<const Real*>(outputs_.data()), 2, 3);
  }
  MatrixView grad() { return matrix_view(grad_.data(), 2, 3); }

  // Of both rows, without a gradient.
  double value(const Loss& loss, const std::vector<std::uint8_t>& labels = kLabels) {
    std::vector<double> losses(2);
    loss.evaluate(outputs(), labels, grad(), losses, classes_);
    return losses[0] + losses[1];
  }

  std::vector<std::uint8_t> classes_ = std::vector<std::uint8_t>(2);
};

// Expected numbers: NumPy 1.24 in float64,
//   z = np.array([[.5, -1, 2], [.1, .2, .3]]); p = np.exp(z); p /= p.sum(1, keepdims=True)
//   -np.log(p[[0, 1], [2, 0]]).sum(); p - np.eye(3)[[2, 0]]
TEST_F(LossTest, SoftmaxCrossEntropyMatchesNumpy) {
  const SoftmaxCrossEntropy loss;
  EXPECT_NEAR(value(loss), 1.443254145, 1e-6);
  std::vector<double> losses(2);
  EXPECT_EQ(loss.gradient(outputs(), kLabels, grad(), losses), 1);
  EXPECT_NEAR(losses[0] + losses[1], 1.443254145, 1e-6);
  const std::vector<double> expected = {0.175290392,  0.039112573, -0.214402965,
                                        -0.699390395, 0.332224994, 0.367165401};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(grad_[i], expected[i], 1e-6) << i;
}

// NumPy: y = 0.7 * np.eye(3)[[2, 0]] + 0.1; -(y * np.log(p)).sum(); p - y
TEST_F(LossTest, SmoothedLabelsMatchNumpyInTrainingOnly) {
  const SoftmaxCrossEntropy loss(0.3);
  std::vector<double> losses(2);
  EXPECT_EQ(loss.gradient(outputs(), kLabels, grad(), losses), 1);
  EXPECT_NEAR(losses[0] + losses[1], 1.863254145, 1e-6);
  const std::vector<double> expected = {0.075290392,  -0.060887427, -0.014402965,
                                        -0.499390395, 0.232224994,  0.267165401};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(grad_[i], expected[i], 1e-6) << i;
  EXPECT_EQ(value(loss), value(SoftmaxCrossEntropy()));
}

// NumPy: y = np.eye(3)[[2, 0]]; ((z - y) ** 2).mean(1).sum(); 2 * (z - y) / 3
TEST_F(LossTest, MeanSquaredErrorMatchesNumpy) {
  const MeanSquaredError loss;
  EXPECT_NEAR(value(loss), 1.063333333, 1e-6);
  std::vector<double> losses(2);
  EXPECT_EQ(loss.gradient(outputs(), kLabels, grad(), losses), 1);
  EXPECT_NEAR(losses[0] + losses[1], 1.063333333, 1e-6);
  const std::vector<double> expected = {0.333333333,  -0.666666667, 0.666666667,
                                        -0.600000000, 0.133333333,  0.200000000};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(grad_[i], expected[i], 1e-6) << i;
}

TEST_F(LossTest, SoftmaxSurvivesHugeLogits) {
  outputs_ = {1e30F, -1e30F, 0, -200, -200, -200};
  const SoftmaxCrossEntropy loss;
  EXPECT_TRUE(std::isfinite(value(loss, {0, 1})));
  loss.probabilities(outputs(), grad());
  EXPECT_EQ(grad_[0], 1);
  EXPECT_NEAR(grad_[4], 1.0 / 3, 1e-6);
}

TEST_F(LossTest, ProbabilitiesAreAtMostOneAndSumToOne) {
  outputs_ = {1.1F, -0.2F, 0.3F, -1, -1, -1};
  for (const LossKind kind : {LossKind::kSoftmaxCrossEntropy, LossKind::kMeanSquaredError}) {
    make_loss(kind)->probabilities(outputs(), grad());
    for (Index row = 0; row < 2; ++row) {
      EXPECT_NEAR(grad().row(row).sum(), 1, 1e-6);
      for (Index j = 0; j < 3; ++j) {
        EXPECT_GE(grad()(row, j), 0);
        EXPECT_LE(grad()(row, j), 1);
      }
    }
  }
}

TEST_F(LossTest, NaNInAnOutputReachesTheLoss) {
  outputs_[4] = std::nanf("");
  for (const LossKind kind : {LossKind::kSoftmaxCrossEntropy, LossKind::kMeanSquaredError}) {
    EXPECT_TRUE(std::isnan(value(*make_loss(kind))));
  }
}

TEST_F(LossTest, EvaluatingHasTheBitsOfTheGradientsLosses) {
  for (const LossKind kind : {LossKind::kSoftmaxCrossEntropy, LossKind::kMeanSquaredError}) {
    std::vector<double> losses(2), evaluated(2);
    make_loss(kind)->gradient(outputs(), kLabels, grad(), losses);
    make_loss(kind)->evaluate(outputs(), kLabels, grad(), evaluated, classes_);
    EXPECT_EQ(evaluated, losses);
  }
}

TEST_F(LossTest, TheLowerClassWinsATie) {
  outputs_ = {1, 1, 0, 0, 2, 2};
  for (const LossKind kind : {LossKind::kSoftmaxCrossEntropy, LossKind::kMeanSquaredError}) {
    value(*make_loss(kind), {0, 2});
    EXPECT_EQ(classes_, (std::vector<std::uint8_t>{0, 1}));
  }
  std::vector<double> losses(2);
  EXPECT_EQ(SoftmaxCrossEntropy().gradient(outputs(), {{0, 2}}, grad(), losses), 1);
}

}  // namespace
}  // namespace tally
