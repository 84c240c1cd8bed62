// SPDX-License-Identifier: MIT
#include "tally/nn/evaluator.hpp"

#include <gtest/gtest.h>

#include "tally/nn/pixels.hpp"

namespace tally {
namespace {

constexpr Index kPixels = 12;
constexpr std::int64_t kSamples = 3 * kEvaluationRows + 17;

class EvaluatorTest : public testing::Test {
 protected:
  EvaluatorTest() {
    RandomStream stream(9, Purpose::kDeal);
    for (std::uint8_t& pixel : pixels_) pixel = static_cast<std::uint8_t>(stream.below(256));
    for (std::uint8_t& label : labels_) label = static_cast<std::uint8_t>(stream.below(3));
  }

  LabelledImages images() const { return {pixels_, labels_}; }

  Network network_{"dense:8,tanh,dense:3", kPixels};
  SoftmaxCrossEntropy loss_;
  AlignedVector parameters_ = network_.initial_parameters(Initializer::kUniform, 3);
  std::vector<std::uint8_t> pixels_ = std::vector<std::uint8_t>(kSamples * kPixels);
  std::vector<std::uint8_t> labels_ = std::vector<std::uint8_t>(kSamples);
};

TEST_F(EvaluatorTest, MatchesImagesEvaluatedOneByOne) {
  LeafFigures figures =
      evaluate_leaves(network_, loss_, parameters_.data(), images(), ThreadTeam(2));
  NetworkWorkspace workspace(network_, 1);
  double loss = 0;
  std::int64_t correct = 0;
  for (std::size_t i = 0; i < kSamples; ++i) {
    scale_pixels(std::span(pixels_).subspan(i * kPixels, kPixels), workspace.inputs(1).data());
    const ConstMatrixView outputs = network_.forward(parameters_.data(), workspace, 1);
    loss += loss_.value(outputs, std::span(labels_).subspan(i, 1));
    std::vector<std::uint8_t> answer(1);
    predict_classes(outputs, answer);
    correct += answer[0] == labels_[i] ? 1 : 0;
  }
  EXPECT_EQ(figures.losses.size(), 4U);
  EXPECT_EQ(figures.confusion.samples(), kSamples);
  EXPECT_EQ(figures.confusion.correct(), correct);
  const Evaluation evaluation = summarize(figures.losses, kSamples, correct);
  EXPECT_NEAR(evaluation.loss, loss / kSamples, 1e-6);
  EXPECT_DOUBLE_EQ(evaluation.accuracy(), static_cast<double>(correct) / kSamples);
}

TEST_F(EvaluatorTest, GivesTheSameBitsForAnyTeam) {
  const auto losses = [&](int threads) {
    return evaluate_leaves(network_, loss_, parameters_.data(), images(), ThreadTeam(threads))
        .losses;
  };
  for (int threads = 2; threads <= 7; ++threads) EXPECT_EQ(losses(1), losses(threads)) << threads;
}

TEST_F(EvaluatorTest, AnEmptySetHasNoLeaves) {
  LeafFigures figures = evaluate_leaves(network_, loss_, parameters_.data(), {}, ThreadTeam(2));
  EXPECT_TRUE(figures.losses.empty());
  EXPECT_EQ(summarize(figures.losses, 0, 0).accuracy(), 0);
}

}  // namespace
}  // namespace tally
