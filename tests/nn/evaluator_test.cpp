// SPDX-License-Identifier: MIT
#include "tally/nn/evaluator.hpp"

#include <array>

#include <gtest/gtest.h>

#include "tally/nn/pixels.hpp"
#include "tally/nn/workspace.hpp"

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
  const ThreadTeam team(2);
  ChunkFigures figures = Evaluator(network_, loss_, team).evaluate(parameters_.data(), images());
  ForwardWorkspace workspace(network_, 1);
  double loss = 0;
  std::int64_t correct = 0;
  AlignedVector scratch(3);
  for (std::size_t i = 0; i < kSamples; ++i) {
    scale_pixels(std::span(pixels_).subspan(i * kPixels, kPixels), workspace.inputs(1).data());
    std::array<double, 1> losses{};
    std::array<std::uint8_t, 1> answer{};
    loss_.evaluate(network_.forward(parameters_.data(), workspace, {1}),
                   std::span(labels_).subspan(i, 1), matrix_view(scratch.data(), 1, 3), losses,
                   answer);
    loss += losses[0];
    correct += answer[0] == labels_[i] ? 1 : 0;
  }
  EXPECT_EQ(figures.losses.size(), 4U);
  EXPECT_EQ(figures.confusion.samples(), kSamples);
  EXPECT_EQ(figures.confusion.correct(), correct);
  const Evaluation evaluation = summarize(figures.losses, kSamples, correct);
  EXPECT_NEAR(evaluation.loss, loss / kSamples, 1e-6);
  EXPECT_DOUBLE_EQ(evaluation.accuracy(), static_cast<double>(correct) / kSamples);
}

TEST_F(EvaluatorTest, GivesTheSameBitsForAnyTeamAndWhenAskedAgain) {
  const ThreadTeam alone(1);
  const auto expected = Evaluator(network_, loss_, alone).evaluate(parameters_.data(), images());
  for (int threads = 2; threads <= 7; ++threads) {
    const ThreadTeam team(threads);
    Evaluator evaluator(network_, loss_, team);
    for (int time = 0; time < 2; ++time) {
      const ChunkFigures found = evaluator.evaluate(parameters_.data(), images());
      EXPECT_EQ(found.losses, expected.losses) << threads;
      EXPECT_EQ(found.confusion.samples(), kSamples);
    }
  }
}

TEST_F(EvaluatorTest, GivesTheOutputsToo) {
  const ThreadTeam team(2);
  AlignedVector outputs(kSamples * 3);
  static_cast<void>(
      Evaluator(network_, loss_, team).evaluate(parameters_.data(), images(), outputs));
  ForwardWorkspace workspace(network_, kEvaluationRows);
  const auto first = static_cast<std::size_t>(kEvaluationRows);
  scale_pixels(std::span(pixels_).subspan(first * kPixels, first * kPixels),
               workspace.inputs(kEvaluationRows).data());
  const ConstMatrixView second = network_.forward(parameters_.data(), workspace, {kEvaluationRows});
  EXPECT_TRUE(std::equal(second.data(), second.data() + second.size(), &outputs[first * 3]));
}

TEST_F(EvaluatorTest, AnEmptySetHasNoChunks) {
  const ThreadTeam team(2);
  ChunkFigures figures = Evaluator(network_, loss_, team).evaluate(parameters_.data(), {});
  EXPECT_TRUE(figures.losses.empty());
  EXPECT_EQ(summarize(figures.losses, 0, 0).accuracy(), 0);
}

}  // namespace
}  // namespace tally
