// SPDX-License-Identifier: MIT
// Every layer and every loss: the analytic gradient against central differences, in double.
#include <cmath>
#include <numeric>
#include <type_traits>

#include <gtest/gtest.h>

#include "tally/nn/loss.hpp"
#include "tally/nn/workspace.hpp"

namespace tally {
namespace {

static_assert(std::is_same_v<Real, double>, "gradient checks need the layers compiled in double");

constexpr Index kRows = 5;
constexpr double kDelta = 1e-5;

struct Case {
  const char* spec;
  LossKind loss;
  Shape input = flat(7);
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.spec << " " << kLossNames[static_cast<std::size_t>(c.loss)];
}

class GradientCheck : public testing::TestWithParam<Case> {
 protected:
  GradientCheck()
      : network_(GetParam().spec, GetParam().input),
        loss_(make_loss(GetParam().loss)),
        workspace_(network_, kRows),
        parameters_(network_.initial_parameters(Initializer::kUniform, 11)) {
    RandomStream stream(5, Purpose::kDeal);
    for (Real& input : inputs_) input = 2 * stream.uniform() - 1;
    for (std::uint8_t& label : labels_) {
      label =
          static_cast<std::uint8_t>(stream.below(static_cast<std::uint32_t>(network_.outputs())));
    }
  }

  double loss_value() {
    std::copy(inputs_.begin(), inputs_.end(), workspace_.inputs(kRows).data());
    std::vector<double> losses(kRows);
    std::vector<std::uint8_t> classes(kRows);
    loss_->evaluate(network_.forward(parameters_.data(), workspace_, batch_), labels_,
                    workspace_.grad_outputs(kRows), losses, classes);
    return std::accumulate(losses.begin(), losses.end(), 0.0);
  }

  double numeric_derivative(Real& variable) {
    const Real original = variable;
    variable = original + kDelta;
    const double above = loss_value();
    variable = original - kDelta;
    const double below = loss_value();
    variable = original;
    return (above - below) / (2 * kDelta);
  }

  AlignedVector analytic_gradient() {
    std::copy(inputs_.begin(), inputs_.end(), workspace_.inputs(kRows).data());
    const ConstMatrixView outputs = network_.forward(parameters_.data(), workspace_, batch_);
    std::vector<double> losses(kRows);
    loss_->gradient(outputs, labels_, workspace_.grad_outputs(kRows), losses);
    // Garbage beforehand: backward must write every element of every block.
    AlignedVector gradient(parameters_.size(), 1e30);
    network_.backward(parameters_.data(), workspace_, batch_, gradient.data());
    return gradient;
  }

  const std::vector<std::uint32_t> samples_ = {3, 1, 4, 15, 9};
  const Batch batch_{kRows, Mode::kTrain, 7, 2, samples_};
  Network network_;
  std::unique_ptr<Loss> loss_;
  TrainingWorkspace workspace_;
  AlignedVector parameters_;
  AlignedVector inputs_ = AlignedVector(static_cast<std::size_t>(GetParam().input.size() * kRows));
  std::vector<std::uint8_t> labels_ = std::vector<std::uint8_t>(kRows);
};

TEST_P(GradientCheck, ParameterGradientsMatchCentralDifferences) {
  const AlignedVector gradient = analytic_gradient();
  double largest = 0;
  for (const ParameterBlock& block : network_.layout().blocks()) {
    if (!is_learned(block.shape.role)) continue;
    for (std::size_t i = block.offset; i < block.offset + block.room(); ++i) {
      if (static_cast<Index>((i - block.offset) % block.stride()) >= block.shape.columns) {
        // Products write the gaps of a weight, and must leave zeros there.
        if (block.shape.role == Role::kWeight) {
          ASSERT_EQ(gradient[i], 0) << "a gap of " << block.name();
        }
        continue;
      }
      ASSERT_NEAR(gradient[i], numeric_derivative(parameters_[i]), 1e-7)
          << block.name() << " element " << i - block.offset;
      largest = std::max(largest, std::abs(gradient[i]));
    }
  }
  EXPECT_GT(largest, 1e-3) << "the gradient is zero: nothing was checked";
}

INSTANTIATE_TEST_SUITE_P(
    LayersAndLosses, GradientCheck,
    testing::Values(Case{"dense:4", LossKind::kSoftmaxCrossEntropy},
                    Case{"dense:4", LossKind::kMeanSquaredError},
                    Case{"dense:6,tanh,dense:4", LossKind::kSoftmaxCrossEntropy},
                    Case{"dense:6,sigmoid,dense:4", LossKind::kSoftmaxCrossEntropy},
                    Case{"dense:6,relu,dense:4", LossKind::kSoftmaxCrossEntropy},
                    Case{"dense:6,tanh,dense:5,tanh,dense:4,tanh", LossKind::kMeanSquaredError},
                    Case{"dense:6,sigmoid,dense:4,sigmoid", LossKind::kMeanSquaredError},
                    Case{"dense:6,relu,dense:4,relu", LossKind::kMeanSquaredError},
                    Case{"tanh,dense:4", LossKind::kSoftmaxCrossEntropy},
                    Case{"dense:6,leaky-relu,dense:4", LossKind::kSoftmaxCrossEntropy},
                    Case{"leaky-relu,dense:4,leaky-relu", LossKind::kMeanSquaredError},
                    Case{"flatten,dense:6,flatten,tanh,dense:4", LossKind::kSoftmaxCrossEntropy},
                    Case{"dropout:0.3,dense:9,dropout:0.6,tanh,dense:4",
                         LossKind::kSoftmaxCrossEntropy},
                    Case{"dense:9,sigmoid,dropout:0.5,dense:4", LossKind::kMeanSquaredError},
                    Case{"dense:6,tanh,sigmoid,relu,dense:4", LossKind::kSoftmaxCrossEntropy}));

INSTANTIATE_TEST_SUITE_P(
    Convolutions, GradientCheck,
    testing::Values(
        Case{"conv:3@3x2,dense:4", LossKind::kSoftmaxCrossEntropy, {5, 6, 2}},
        Case{"conv:3@3x3/2+1,tanh,dense:4", LossKind::kSoftmaxCrossEntropy, {7, 5, 1}},
        Case{"conv:3@2x2,tanh,conv:4@2x2,sigmoid,dense:3", LossKind::kMeanSquaredError, {5, 5, 3}},
        Case{"conv:3@3x3,relu,max-pool:2,conv:4@2x2,dense:3",
             LossKind::kSoftmaxCrossEntropy,
             {9, 9, 1}},
        Case{"conv:3@2x2,max-pool:2,tanh,dense:3", LossKind::kMeanSquaredError, {6, 7, 2}},
        Case{"tanh,conv:2@2x2/2,tanh,sigmoid,max-pool:2,dense:3",
             LossKind::kSoftmaxCrossEntropy,
             {9, 9, 1}},
        Case{"conv:4@3x3+2,avg-pool:3,dense:3", LossKind::kSoftmaxCrossEntropy, {5, 5, 2}},
        Case{
            "conv:4@3x3,relu,global-avg-pool,dense:3", LossKind::kSoftmaxCrossEntropy, {5, 6, 2}}));

INSTANTIATE_TEST_SUITE_P(
    Normalizations, GradientCheck,
    testing::Values(Case{"batch-norm,dense:4", LossKind::kSoftmaxCrossEntropy},
                    Case{"batch-norm,dense:4", LossKind::kSoftmaxCrossEntropy, {7, 1, 1}},
                    Case{"dense:6,batch-norm,tanh,dense:4", LossKind::kSoftmaxCrossEntropy},
                    Case{"dense:20,tanh,batch-norm:0.2:0.01,dense:4,batch-norm",
                         LossKind::kMeanSquaredError},
                    Case{"conv:3@3x3,batch-norm,relu,max-pool:2,conv:4@2x2,batch-norm,tanh,dense:3",
                         LossKind::kSoftmaxCrossEntropy,
                         {9, 9, 2}}));

INSTANTIATE_TEST_SUITE_P(
    AllKinds, GradientCheck,
    testing::Values(Case{"batch-norm,dense:9,batch-norm,leaky-relu,dropout:0.25,dense:8,leaky-relu,"
                         "batch-norm,dense:4",
                         LossKind::kSoftmaxCrossEntropy},
                    Case{"batch-norm,conv:4@3x3,batch-norm,leaky-relu,max-pool:2,dropout:0.25,"
                         "conv:3@2x2,relu,avg-pool:2,flatten,batch-norm,dense:6,sigmoid,batch-norm,"
                         "tanh,dense:3",
                         LossKind::kSoftmaxCrossEntropy,
                         {12, 12, 3}},
                    Case{"conv:4@3x3,max-pool:2,relu,batch-norm,dropout:0.5,conv:3@2x2+1,"
                         "global-avg-pool,tanh,batch-norm,dense:3",
                         LossKind::kMeanSquaredError,
                         {8, 8, 2}}));

// The derivative of the sigmoid at a point, against the closed form e^-x / (1 + e^-x)^2. (The form
// exp(-x) / (1 + exp(x))^2, which can be found in print, is wrong away from 0.)
TEST(SigmoidDerivative, MatchesTheClosedForm) {
  const Network network("dense:2,sigmoid", 1);
  const auto loss = make_loss(LossKind::kMeanSquaredError);
  TrainingWorkspace workspace(network, 1);
  for (const double x : {-3.0, -0.5, 0.0, 1.0, 4.0}) {
    AlignedVector parameters(network.layout().size());
    parameters[0] = x;  // weight of the first output; the input is 1
    workspace.inputs(1)(0, 0) = 1;
    const std::vector<std::uint8_t> labels = {1};
    const ConstMatrixView outputs = network.forward(parameters.data(), workspace, {1});
    const double y = outputs(0, 0);
    std::vector<double> losses(1);
    loss->gradient(outputs, labels, workspace.grad_outputs(1), losses);
    AlignedVector gradient(parameters.size());
    network.backward(parameters.data(), workspace, {1}, gradient.data());
    // With n = 2 outputs and target 0, dE/dy = y, so dE/dw = y * sigmoid'(x).
    const double derivative = std::exp(-x) / std::pow(1 + std::exp(-x), 2);
    EXPECT_NEAR(gradient[0] / y, derivative, 1e-12) << x;
  }
}

}  // namespace
}  // namespace tally
