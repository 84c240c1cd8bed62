// SPDX-License-Identifier: MIT
#include "tally/nn/network.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "support/parameter_positions.hpp"

namespace tally {
namespace {

TEST(Network, LaysOutParametersByLayer) {
  const Network network("dense:100,tanh,dense:50,tanh,dense:10", 784);
  EXPECT_EQ(network.shape_text(), "784-100-50-10");
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
  NetworkWorkspace workspace(network, 4);
  workspace.inputs(1) << 1, 2;
  const ConstMatrixView outputs = network.forward(parameters.data(), workspace, 1);
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
  NetworkWorkspace used(network, 8);
  NetworkWorkspace fresh(network, 8);
  used.inputs(8).setConstant(7);
  network.forward(parameters.data(), used, 8);
  for (NetworkWorkspace* workspace : {&used, &fresh}) workspace->inputs(3).setConstant(0.25);
  const ConstMatrixView a = network.forward(parameters.data(), used, 3);
  const ConstMatrixView b = network.forward(parameters.data(), fresh, 3);
  EXPECT_EQ(a.rows(), 3);
  EXPECT_TRUE((a.array() == b.array()).all());
}

}  // namespace
}  // namespace tally
