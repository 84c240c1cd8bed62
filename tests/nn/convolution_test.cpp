// SPDX-License-Identifier: MIT
#include "tally/nn/convolution.hpp"

#include <gtest/gtest.h>

#include "convolution_reference.hpp"

namespace tally {
namespace {

struct Case {
  const char* text;
  Shape input;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.text << " of " << to_text(c.input);
}

// Odd sizes, strides, padding, one and several channels, filters that fill vectors and such that
// do not, and everything that is fused.
const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"conv:4@3x3", {7, 9, 1}},
      {"conv:5@3x3+1", {8, 7, 3}},
      {"conv:1@1x1", {3, 5, 2}},
      {"conv:6@5x5", {5, 5, 1}},
      {"conv:16@5x5/2+2", {9, 9, 2}},
      {"conv:17@2x3/3,tanh", {11, 13, 3}},
      {"conv:16@5x5,relu,max-pool:2", {28, 28, 1}},
      {"conv:32@5x5,relu,max-pool:2", {12, 12, 16}},
      {"conv:16@3x3,relu,max-pool:2", {9, 14, 3}},
      {"conv:8@3x3,max-pool:3,sigmoid", {10, 12, 8}},
      {"conv:16@3x3+1,relu", {6, 6, 16}},
      {"conv:40@3x3/2+1", {9, 8, 24}},
      {"conv:64@3x3+1,tanh,max-pool:2", {7, 7, 32}},
      {"conv:48@3x3,relu,max-pool:2", {15, 14, 4}},
      {"conv:32@3x3/2,relu,max-pool:2", {14, 14, 16}},
      {"conv:128@1x1,relu", {4, 4, 48}},
      {"conv:16@3x5+2,max-pool:4", {11, 13, 16}},
  };
  return all;
}

class ConvolutionTest : public testing::TestWithParam<Kernels> {
 protected:
  void SetUp() override {
    if (!has_kernels(GetParam())) GTEST_SKIP() << "this build is without these kernels";
  }

  static void expect_near(const AlignedVector& found, const std::vector<double>& expected,
                          const char* what) {
    ASSERT_EQ(found.size(), expected.size());
    double largest = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      ASSERT_NEAR(found[i], expected[i], 2e-5 * (1 + std::abs(expected[i]))) << what << " " << i;
      largest = std::max(largest, std::abs(expected[i]));
    }
    EXPECT_GT(largest, 1e-3) << what << ": nothing was checked";
  }
};

TEST_P(ConvolutionTest, AgreesWithTheSumsWrittenOut) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(testing::Message() << c);
    LayerRun run(c.text, c.input, 5, GetParam());
    const ConvolutionReference expected = convolution_reference(run);
    expect_near(run.forward(), expected.outputs, "output");
    AlignedVector gradient(run.parameters().size());
    run.backward(gradient);
    expect_near(run.grad_inputs(), expected.grad_inputs, "gradient of input");
    const auto values = [&](std::size_t block) {
      const std::vector<Real> all =
          run.layout().blocks()[block].values({gradient.data(), gradient.size()});
      return AlignedVector(all.begin(), all.end());
    };
    expect_near(values(0), expected.grad_weights, "gradient of weight");
    expect_near(values(1), expected.grad_biases, "gradient of bias");
    // Gaps of a flat vector hold zeros.
    double all = 0, used = 0;
    for (const Real element : gradient) all += std::abs(element);
    for (std::size_t block : {0U, 1U}) {
      for (const Real element : values(block)) used += std::abs(element);
    }
    EXPECT_NEAR(all, used, 1e-3 * used);
  }
}

TEST_P(ConvolutionTest, AddsWithTheBitsOfAnAdditionAfterwards) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(testing::Message() << c);
    LayerRun run(c.text, c.input, 7, GetParam());
    ASSERT_TRUE(run.layer().adds_exactly(7, *make_gemm(GetParam())));
    run.forward();
    AlignedVector apart(run.parameters().size());
    run.backward(apart);
    AlignedVector sum(apart.size());
    for (const ParameterBlock& block : run.layout().blocks()) {
      const AlignedVector values = random_values(static_cast<Index>(block.size()), 77);
      block.put({values.data(), values.size()}, sum);
    }
    AlignedVector expected = sum;
    for (std::size_t i = 0; i < sum.size(); ++i) expected[i] += apart[i];
    run.backward(sum, Into::kAdd);
    EXPECT_EQ(sum, expected);
  }
}

TEST_P(ConvolutionTest, EvaluatesAsItTrains) {
  for (const Case& c : cases()) {
    LayerRun run(c.text, c.input, 3, GetParam());
    const AlignedVector trained = run.forward();
    EXPECT_EQ(run.forward(Mode::kEvaluate), trained) << c;
  }
}

TEST_P(ConvolutionTest, OmitsTheGradientOfInputsThatNobodyWants) {
  for (const Case& c : cases()) {
    LayerRun run(c.text, c.input, 3, GetParam());
    run.forward();
    AlignedVector with(run.parameters().size()), without(with.size());
    run.backward(without, Into::kReplace, false);
    for (const Real element : run.grad_inputs()) ASSERT_EQ(element, 9);
    run.backward(with);
    // Only the direct kernels may have no way to the inputs, and oneDNN's products round in their
    // own order. In a network a layer goes the same way in each step.
    if (GetParam() != Kernels::kOneDnn) {
      EXPECT_EQ(with, without) << c;
    }
    for (std::size_t i = 0; i < with.size(); ++i) ASSERT_NEAR(with[i], without[i], 1e-4) << c;
  }
}

INSTANTIATE_TEST_SUITE_P(AllKernels, ConvolutionTest,
                         testing::Values(Kernels::kTally, Kernels::kOneDnn, Kernels::kEigen),
                         [](const auto& test) {
                           return std::string(kKernelNames[static_cast<std::size_t>(test.param)]);
                         });

TEST(Convolution, DrawsWeightsWithinTheLimitsOfItsFans) {
  const ConvolutionSpec spec{.filters = 8, .kernel_height = 3, .kernel_width = 5};
  const auto layer = spec.make_layer({9, 9, 2});
  AlignedVector parameters(1024);
  RandomStream stream(1, Purpose::kInitialize);
  layer->initialize_parameters(Initializer::kGlorot, stream, parameters.data());
  double largest = 0;
  for (const Real value : parameters) largest = std::max(largest, std::abs<double>(value));
  const double limit = std::sqrt(6.0 / (3 * 5 * 2 + 3 * 5 * 8));
  EXPECT_LE(largest, limit);
  EXPECT_GT(largest, 0.97 * limit);
}

TEST(ConvolutionText, SaysWhatIsWrongAndWhere) {
  for (const std::string wrong :
       {"conv:", "conv:8", "conv:8@", "conv:8@3", "conv:8@3x", "conv:@3x3", "conv:8@3x3/",
        "conv:8@3x3+", "conv:8@3x3+1/2", "conv:8@3x3x3"}) {
    EXPECT_EQ(refusal_of("tanh," + wrong, {9, 9, 1}),
              "network \"tanh," + wrong + "\": \"" + wrong +
                  "\" at character 6, on 9 x 9 x 1, needs filters and a kernel, as in conv:32@5x5, "
                  "and may have a "
                  "stride and a padding, as in conv:32@3x3/2+1");
  }
  const std::pair<const char*, const char*> others[] = {
      {"conv:0@3x3", "needs 1 to 65 536 filters"},
      {"conv:8@0x3", "needs a kernel and a stride of 1 to 64 rows and columns"},
      {"conv:8@3x65", "needs a kernel and a stride of 1 to 64 rows and columns"},
      {"conv:8@3x3/0", "needs a kernel and a stride of 1 to 64 rows and columns"},
      {"conv:8@3x3+-1", "needs a padding of fewer rows and columns than its kernel has"},
      {"conv:8@3x5+3", "needs a padding of fewer rows and columns than its kernel has"}};
  for (const auto& [text, reason] : others) {
    EXPECT_THAT(refusal_of(text, {9, 9, 1}), testing::EndsWith(reason)) << text;
  }
}

TEST(ConvolutionText, GivesTheShapeThatItCannotTake) {
  const std::string text = "conv:16@5x5,max-pool:6,conv:32@7x7";
  EXPECT_EQ(refusal_of(text, {28, 28, 1}),
            "network \"" + text +
                "\": \"conv:32@7x7\" at character 24, on 4 x 4 x 16, has a "
                "kernel that does not fit");
  EXPECT_EQ(
      refusal_of("dense:100,conv:8@3x3", {28, 28, 1}),
      "network \"dense:100,conv:8@3x3\": \"conv:8@3x3\" at character 11, on 100, has a kernel "
      "that does not fit");
  EXPECT_EQ(refusal_of("conv:65536@3x3", {28, 28, 1}),
            "network \"conv:65536@3x3\": \"conv:65536@3x3\" at character 1, on 28 x 28 x 1, has "
            "44 302 336 outputs; at most 16 777 216 are allowed");
}

}  // namespace
}  // namespace tally
