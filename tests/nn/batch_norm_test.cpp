// SPDX-License-Identifier: MIT
#include "tally/nn/batch_norm.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tally/core/aligned_vector.hpp"
#include "tally/nn/network.hpp"

namespace tally {
namespace {

constexpr Index kChannels = 20;  // a group of lanes, and a rest
constexpr Shape kShape{4, 3, kChannels};

// What the layer is defined to do, channel by channel in double.
struct Oracle {
  std::vector<double> outputs, grad_inputs, grad_weight, grad_bias, mean, variance;
};

double at(const AlignedVector& values, Index position, Index channel) {
  return static_cast<double>(values[static_cast<std::size_t>(position * kChannels + channel)]);
}

Oracle oracle(const AlignedVector& x, const AlignedVector& grad_y,
              const std::vector<double>& weight, const std::vector<double>& bias, double epsilon) {
  const Index count = static_cast<Index>(x.size()) / kChannels;
  const auto n = static_cast<double>(count);
  Oracle result;
  result.outputs.resize(x.size());
  result.grad_inputs.resize(x.size());
  for (Index c = 0; c < kChannels; ++c) {
    const auto channel = static_cast<std::size_t>(c);
    double mean = 0, squares = 0, sum = 0, product = 0;
    for (Index p = 0; p < count; ++p) mean += at(x, p, c) / n;
    for (Index p = 0; p < count; ++p) squares += std::pow(at(x, p, c) - mean, 2);
    const double deviation = std::sqrt(squares / n + epsilon);
    const auto z = [&](Index p) { return (at(x, p, c) - mean) / deviation; };
    for (Index p = 0; p < count; ++p) {
      sum += at(grad_y, p, c);
      product += at(grad_y, p, c) * z(p);
    }
    for (Index p = 0; p < count; ++p) {
      const auto i = static_cast<std::size_t>(p * kChannels + c);
      result.outputs[i] = weight[channel] * z(p) + bias[channel];
      result.grad_inputs[i] =
          weight[channel] / deviation * (at(grad_y, p, c) - sum / n - z(p) * product / n);
    }
    result.grad_weight.push_back(product);
    result.grad_bias.push_back(sum);
    result.mean.push_back(mean);
    result.variance.push_back(squares / (n - 1));
  }
  return result;
}

class BatchNormTest : public testing::Test {
 protected:
  BatchNormTest() { layout_.append("0-batch-norm", layer_.parameter_shapes()); }

  // Random numbers around `centre`, which differs by channel.
  static AlignedVector numbers(Index rows, std::uint32_t item, double centre = 0.1) {
    RandomStream stream(3, Purpose::kDeal, 0, item);
    AlignedVector values(static_cast<std::size_t>(rows * kShape.size()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] =
          static_cast<Real>(centre * static_cast<double>(i % kChannels) + 2 * stream.uniform() - 1);
    }
    return values;
  }

  AlignedVector initial() {
    AlignedVector parameters(layout_.size());
    RandomStream stream(1, Purpose::kInitialize);
    layer_.initialize_parameters(Initializer::kUniform, stream, parameters.data());
    return parameters;
  }

  // Those with a weight and a bias that are not the initial ones.
  AlignedVector parameters() {
    AlignedVector result = initial();
    std::vector<Real> weight, bias;
    for (Index c = 0; c < kChannels; ++c) {
      weight.push_back(static_cast<Real>(0.5 + 0.1 * static_cast<double>(c)));
      bias.push_back(static_cast<Real>(c - 7));
    }
    block("weight").put(weight, result);
    block("bias").put(bias, result);
    return result;
  }

  const ParameterBlock& block(const std::string& kind) const {
    return *std::ranges::find_if(
        layout_.blocks(), [&](const ParameterBlock& block) { return block.shape.kind == kind; });
  }
  std::vector<double> values(const std::string& kind, const AlignedVector& vector) const {
    const std::vector<Real> found = block(kind).values(vector);
    return {found.begin(), found.end()};
  }

  static ConstMatrixView view(const AlignedVector& values, Index rows) {
    return matrix_view(values.data(), rows, kShape.size());
  }

  Pass pass(const Batch& batch) {
    scratch_.assign(layer_.scratch_size(batch.rows), 9);
    if (batch.mode == Mode::kEvaluate) return {batch, 0, *gemm_, scratch_.data(), nullptr};
    saved_.resize(static_cast<std::size_t>(batch.rows * layer_.saved_columns()));
    return {batch, 0, *gemm_, scratch_.data(), saved_.data()};
  }

  AlignedVector forward(const AlignedVector& parameters, const AlignedVector& inputs, Mode mode) {
    const Index rows = static_cast<Index>(inputs.size()) / kShape.size();
    AlignedVector outputs(inputs.size());
    const Batch batch{rows, mode};
    layer_.forward(parameters.data(), view(inputs, rows),
                   matrix_view(outputs.data(), rows, kShape.size()), pass(batch));
    return outputs;
  }

  // After forward() of the same inputs.
  AlignedVector backward(const AlignedVector& parameters, const AlignedVector& inputs,
                         const AlignedVector& grad_outputs, AlignedVector& gradient, Into into) {
    const Index rows = static_cast<Index>(inputs.size()) / kShape.size();
    AlignedVector grad_inputs(inputs.size(), 9);
    MatrixView grad_view = matrix_view(grad_inputs.data(), rows, kShape.size());
    const Batch batch{rows, Mode::kTrain};
    layer_.backward(parameters.data(),
                    {view(inputs, rows), view(inputs, rows), view(grad_outputs, rows), &grad_view,
                     gradient.data(), into},
                    pass(batch));
    return grad_inputs;
  }

  template <typename Values>
  static void expect_near(const Values& found, const std::vector<double>& expected, double bound) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(static_cast<double>(found[i]), expected[i], bound * (1 + std::abs(expected[i])))
          << i;
    }
  }

  BatchNorm layer_{kShape, {0.25, 1e-3}};
  ParameterLayout layout_;
  std::unique_ptr<Gemm> gemm_ = make_gemm(Kernels::kEigen);
  AlignedVector scratch_, saved_;
};

TEST_F(BatchNormTest, ComputesItsDefinition) {
  for (const Index rows : {Index{1}, Index{2}, Index{37}}) {
    const AlignedVector x = numbers(rows, 1), grad_y = numbers(rows, 2, 0.0125);
    const AlignedVector p = parameters();
    const Oracle expected = oracle(x, grad_y, values("weight", p), values("bias", p), 1e-3);
    expect_near(forward(p, x, Mode::kTrain), expected.outputs, 1e-5);
    AlignedVector gradient(layout_.size(), 1e30F);
    expect_near(backward(p, x, grad_y, gradient, Into::kReplace), expected.grad_inputs, 2e-5);
    expect_near(values("weight", gradient), expected.grad_weight, 2e-4);
    expect_near(values("bias", gradient), expected.grad_bias, 1e-5);
    const auto times_rows = [&](std::vector<double> statistic) {
      for (double& value : statistic) value *= static_cast<double>(rows);
      return statistic;
    };
    expect_near(values("running_mean", gradient), times_rows(expected.mean), 1e-5);
    expect_near(values("running_var", gradient), times_rows(expected.variance), 1e-5);
  }
}

// The squares of such numbers swallow their variance in float.
TEST_F(BatchNormTest, FindsASmallVarianceFarFromZero) {
  const AlignedVector x = numbers(37, 1, 1000), grad_y = numbers(37, 2, 0);
  const AlignedVector p = initial();
  Oracle expected = oracle(x, grad_y, values("weight", p), values("bias", p), 1e-3);
  expect_near(forward(p, x, Mode::kTrain), expected.outputs, 2e-2);
  AlignedVector gradient(layout_.size());
  backward(p, x, grad_y, gradient, Into::kReplace);
  for (double& variance : expected.variance) variance *= 37;
  expect_near(values("running_var", gradient), expected.variance, 1e-3);
}

TEST_F(BatchNormTest, AddsItsGradientWhereItIsToldTo) {
  const AlignedVector x = numbers(3, 1), grad_y = numbers(3, 2), p = parameters();
  AlignedVector replaced(layout_.size()), added(layout_.size(), 0.5F);
  forward(p, x, Mode::kTrain);
  backward(p, x, grad_y, replaced, Into::kReplace);
  backward(p, x, grad_y, added, Into::kAdd);
  for (const ParameterBlock& block : layout_.blocks()) {
    const std::vector<Real> alone = block.values(replaced), sum = block.values(added);
    for (std::size_t i = 0; i < alone.size(); ++i) ASSERT_EQ(sum[i], 0.5F + alone[i]);
  }
}

TEST_F(BatchNormTest, EvaluatesByTheRunningStatistics) {
  AlignedVector p = parameters();
  std::vector<Real> mean(kChannels), variance(kChannels);
  for (std::size_t c = 0; c < kChannels; ++c) {
    mean[c] = static_cast<Real>(c) / 4;
    variance[c] = static_cast<Real>(c);  // 0 among them
  }
  block("running_mean").put(mean, p);
  block("running_var").put(variance, p);
  const AlignedVector x = numbers(2, 1);
  const AlignedVector found = forward(p, x, Mode::kEvaluate);
  const std::vector<double> weight = values("weight", p), bias = values("bias", p);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % kChannels;
    const double z = (static_cast<double>(x[i]) - mean[c]) / std::sqrt(variance[c] + 1e-3);
    ASSERT_NEAR(found[i], weight[c] * z + bias[c], 1e-4 * (1 + std::abs(z)));
  }
}

TEST_F(BatchNormTest, MakesTheBiasOfAChannelOfOneValue) {
  const AlignedVector x(static_cast<std::size_t>(2 * kShape.size()), 3), p = parameters();
  const AlignedVector found = forward(p, x, Mode::kTrain);
  const std::vector<double> bias = values("bias", p);
  for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], bias[i % kChannels]);
}

TEST_F(BatchNormTest, DoesNotHideNaN) {
  AlignedVector x = numbers(2, 1);
  x[5] = std::nanf("");
  const AlignedVector found = forward(initial(), x, Mode::kTrain);
  EXPECT_TRUE(std::isnan(found[5]));
  EXPECT_FALSE(std::isnan(found[6]));
}

TEST_F(BatchNormTest, BeginsAsANormalizationAlone) {
  const AlignedVector p = initial();
  const std::vector<double> zeros(kChannels, 0), ones(kChannels, 1);
  EXPECT_EQ(values("weight", p), ones);
  EXPECT_EQ(values("bias", p), zeros);
  EXPECT_EQ(values("running_mean", p), zeros);
  EXPECT_EQ(values("running_var", p), ones);
}

// No variance can be told from one value: it is as in evaluation, and nothing moves.
TEST(BatchNormOfOneValue, TakesTheRunningStatisticsAndLeavesThem) {
  const Network network("batch-norm,dense:2", flat(3));
  AlignedVector parameters = network.initial_parameters(Initializer::kGlorot, 1);
  const auto& blocks = network.layout().blocks();
  blocks[0].put({{2, 2, 2}}, parameters);
  blocks[2].put({{1, 2, 3}}, parameters);
  blocks[3].put({{4, 9, 16}}, parameters);
  const BatchNorm layer(flat(3), {});
  const auto gemm = make_gemm(Kernels::kEigen);
  const std::vector<std::uint32_t> samples = {0};
  const Batch batch{1, Mode::kTrain, 1, 0, samples};
  AlignedVector x = {3, 2, -1}, y(3), grad_y = {1, 10, 100}, grad_x(3), scratch(9), saved(9);
  const Pass pass{batch, 0, *gemm, scratch.data(), saved.data()};
  const auto view = [](const AlignedVector& values) { return matrix_view(values.data(), 1, 3); };
  layer.forward(parameters.data(), view(x), matrix_view(y.data(), 1, 3), pass);
  const std::vector<double> expected = {2, 0, -2};  // twice (x - mean) / deviation
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(y[i], expected[i], 1e-5);
  AlignedVector gradient(network.layout().size(), 9);
  MatrixView grad_view = matrix_view(grad_x.data(), 1, 3);
  layer.backward(parameters.data(), {view(x), view(y), view(grad_y), &grad_view, gradient.data()},
                 pass);
  EXPECT_EQ(blocks[2].values(gradient), (std::vector<Real>{1, 2, 3}));
  EXPECT_EQ(blocks[3].values(gradient), (std::vector<Real>{4, 9, 16}));
  EXPECT_EQ(blocks[1].values(gradient), (std::vector<Real>{1, 10, 100}));
  const std::vector<double> slopes = {1, 20.0 / 3, 50};  // twice dy / deviation
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(grad_x[i], slopes[i], 1e-4);
}

TEST(BatchNormSpec, ReadsMomentumAndEpsilon) {
  const LayerSpecs layers =
      parse_layers("batch-norm,batch-norm:0.3,batch-norm:0:0.001,dense:4", {5, 5, 2});
  const auto spec = [&](std::size_t i) { return std::get<BatchNormSpec>(layers[i].kind); };
  EXPECT_EQ(spec(0).momentum, 0.1);
  EXPECT_EQ(spec(0).epsilon, 1e-5);
  EXPECT_EQ(spec(1).momentum, 0.3);
  EXPECT_EQ(spec(1).epsilon, 1e-5);
  EXPECT_EQ(spec(2).momentum, 0);
  EXPECT_EQ(spec(2).epsilon, 1e-3);
  EXPECT_EQ(layers[1].name(), "1-batch-norm");
  EXPECT_EQ(layers[1].output, (Shape{5, 5, 2}));
  const auto shapes = layers[1].make_layer()->parameter_shapes();
  ASSERT_EQ(shapes.size(), 4U);
  EXPECT_EQ(shapes[0].role, Role::kScale);
  EXPECT_EQ(shapes[1].role, Role::kBias);
  for (const std::size_t statistic : {2U, 3U}) {
    EXPECT_EQ(shapes[statistic].role, Role::kStatistic);
    EXPECT_EQ(shapes[statistic].columns, 2);
    EXPECT_EQ(shapes[statistic].share, 0.3);
  }
  EXPECT_EQ(shapes[3].least, 0);
}

}  // namespace
}  // namespace tally
