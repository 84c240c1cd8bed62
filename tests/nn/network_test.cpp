// SPDX-License-Identifier: MIT
#include "tally/nn/network.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "support/parameter_positions.hpp"
#include "tally/nn/workspace.hpp"

namespace tally {
namespace {

TEST(Network, LaysOutParametersByLayer) {
  const Network network("dense:100,tanh,dense:50,tanh,dense:10", 784);
  EXPECT_EQ(network.layout().count(), 84060U);
  std::vector<std::string> names;
  for (const ParameterBlock& block : network.layout().blocks()) names.push_back(block.name());
  EXPECT_EQ(names, (std::vector<std::string>{"0-dense/weight", "0-dense/bias", "2-dense/weight",
                                             "2-dense/bias", "4-dense/weight", "4-dense/bias"}));
}

// x = (1, 2), W = ((1, 2, 3), (4, 5, 6)), b = (0.5, 0, -20): x W + b = (9.5, 12, -5), cut by relu.
TEST(Network, RunsTheLayersInOrder) {
  const Network network("dense:3,relu", 2);
  AlignedVector parameters(network.layout().size());
  network.layout().blocks()[0].put({{1, 2, 3, 4, 5, 6}}, parameters);
  network.layout().blocks()[1].put({{0.5, 0, -20}}, parameters);
  ForwardWorkspace workspace(network, 4);
  workspace.inputs(1) << 1, 2;
  const ConstMatrixView outputs = network.forward(parameters.data(), workspace, {1});
  EXPECT_EQ(outputs(0, 0), 9.5F);
  EXPECT_EQ(outputs(0, 1), 12);
  EXPECT_EQ(outputs(0, 2), 0);
}

TEST(Network, InitialParametersDependOnTheSeedAndLeaveGapsZero) {
  const Network network("dense:5,tanh,dense:3", 7);
  const AlignedVector first = network.initial_parameters(Initializer::kUniform, 1);
  EXPECT_EQ(first, network.initial_parameters(Initializer::kUniform, 1));
  EXPECT_NE(first, network.initial_parameters(Initializer::kUniform, 2));
  std::vector<bool> is_parameter(first.size(), false);
  for (const ParameterBlock& block : network.layout().blocks()) {
    for (const std::size_t i : positions_of(block)) is_parameter[i] = true;
  }
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_TRUE(is_parameter[i] || first[i] == 0) << i;
  }
}

// A micro-batch is never padded, so a short one must not see the rows of a longer one before it.
TEST(Network, ShortMicroBatchesIgnoreWhatTheWorkspaceHeldBefore) {
  const Network network("dense:6,tanh,dense:3", 9);
  const AlignedVector parameters = network.initial_parameters(Initializer::kGlorot, 1);
  ForwardWorkspace used(network, 8);
  ForwardWorkspace fresh(network, 8);
  used.inputs(8).setConstant(7);
  network.forward(parameters.data(), used, {8});
  for (ForwardWorkspace* workspace : {&used, &fresh}) workspace->inputs(3).setConstant(0.25);
  const ConstMatrixView a = network.forward(parameters.data(), used, {3});
  const ConstMatrixView b = network.forward(parameters.data(), fresh, {3});
  EXPECT_EQ(a.rows(), 3);
  EXPECT_TRUE((a.array() == b.array()).all());
}

// A layer as one may come: it drops inputs by seed, place, epoch and sample, keeps what it dropped,
// and measures a statistic.
class DroppingLayer : public Layer {
 public:
  explicit DroppingLayer(Shape shape) : Layer(shape, shape) {}

  [[nodiscard]] std::vector<ParameterShape> parameter_shapes() const override {
    return {{"mean", Role::kStatistic, 1, input().size()}};
  }
  [[nodiscard]] Index saved_columns() const override { return input().size(); }

  void forward(const Real* /*parameters*/, ConstMatrixView inputs, MatrixView outputs,
               const Pass& pass) const override {
    outputs = inputs;
    if (pass.batch.mode == Mode::kEvaluate) return;
    for (Index row = 0; row < inputs.rows(); ++row) {
      RandomStream stream(pass.batch.seed, Purpose::kDeal, pass.batch.epoch,
                          pass.batch.samples[static_cast<std::size_t>(row)] +
                              static_cast<std::uint32_t>(1000 * pass.position));
      for (Index j = 0; j < inputs.cols(); ++j) {
        Real& kept = pass.saved[row * inputs.cols() + j];
        kept = stream.below(2) == 0 ? 0 : 1;
        outputs(row, j) *= kept;
      }
    }
  }

  void backward(const Real* /*parameters*/, const Gradients& gradients,
                const Pass& pass) const override {
    for (Index j = 0; j < gradients.inputs.cols(); ++j) {
      gradients.grad_parameters[j] = gradients.inputs.col(j).sum();
    }
    if (gradients.grad_inputs == nullptr) return;
    for (Index i = 0; i < gradients.inputs.size(); ++i) {
      gradients.grad_inputs->data()[i] = gradients.grad_outputs.data()[i] * pass.saved[i];
    }
  }
};

Network network_with_dropping() {
  constexpr Index kGiven = 5, kHidden = 6;
  std::vector<NamedLayer> layers;
  layers.push_back({"0-dense", 0, DenseSpec{kHidden}.make_layer(flat(kGiven))});
  layers.push_back({"1-dropping", 1, std::make_unique<DroppingLayer>(flat(kHidden))});
  layers.push_back({"2-dense", 2, DenseSpec{3}.make_layer(flat(kHidden))});
  return Network(std::move(layers));
}

TEST(Network, TellsLayersWhichSamplesTheyTrainOn) {
  const Network network = network_with_dropping();
  const AlignedVector parameters = network.initial_parameters(Initializer::kUniform, 1);
  TrainingWorkspace workspace(network, 2);
  const auto outputs = [&](const Batch& batch) {
    workspace.inputs(batch.rows).setConstant(1);
    const ConstMatrixView found = network.forward(parameters.data(), workspace, batch);
    return std::vector<Real>(found.data(), found.data() + 3);
  };
  const std::vector<std::uint32_t> first = {7, 8}, other = {9, 8};
  const std::vector<Real> expected = outputs({2, Mode::kTrain, 3, 1, first});
  EXPECT_EQ(outputs({1, Mode::kTrain, 3, 1, std::span(first).first(1)}), expected);
  EXPECT_NE(outputs({2, Mode::kTrain, 3, 1, other}), expected);
  EXPECT_NE(outputs({2, Mode::kTrain, 3, 2, first}), expected);
  EXPECT_NE(outputs({2, Mode::kTrain, 4, 1, first}), expected);
  EXPECT_NE(outputs({2}), expected);
}

TEST(Network, LayersFindOnTheirWayBackWhatTheySaved) {
  const Network network = network_with_dropping();
  AlignedVector parameters = network.initial_parameters(Initializer::kUniform, 1);
  TrainingWorkspace workspace(network, 1);
  const std::vector<std::uint32_t> samples = {7};
  const Batch batch{1, Mode::kTrain, 3, 1, samples};
  const auto first_output = [&] {
    workspace.inputs(1).setConstant(1);
    return network.forward(parameters.data(), workspace, batch)(0, 0);
  };
  first_output();
  workspace.grad_outputs(1) << 1, 0, 0;
  AlignedVector gradient(parameters.size(), 9);
  network.backward(parameters.data(), workspace, batch, gradient.data());
  int dropped = 0;
  for (Index j = 0; j < 6; ++j) {  // the biases in front of the layer that drops
    const std::size_t at =
        network.layout().block("0-dense", Role::kBias).offset + static_cast<std::size_t>(j);
    const Real before = first_output();
    parameters[at] += 1;
    EXPECT_NEAR(first_output() - before, gradient[at], 1e-5);
    parameters[at] -= 1;
    dropped += gradient[at] == 0 ? 1 : 0;
  }
  EXPECT_GT(dropped, 0);
  EXPECT_LT(dropped, 6);
}

}  // namespace
}  // namespace tally
