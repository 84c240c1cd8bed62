// SPDX-License-Identifier: MIT
#include "tally/train/distributed_evaluation.hpp"

#include <gtest/gtest.h>

#include "small_dataset.hpp"

namespace tally {
namespace {

TEST(DistributedEvaluation, GivesTheBitsOfOneProcess) {
  const Communicator communicator;
  const SmallDataset dataset(communicator);
  DataFingerprint fingerprint = SmallDataset::shape();
  const ShardPlan plan({SmallDataset::kTrain, 28, 4, SampleOrder::kShuffled, 9});
  const RankData data =
      scatter_dataset(communicator, dataset.files(),
                      {SmallDataset::kTrain, 0, 9, SmallDataset::kClasses}, plan, fingerprint);
  const Network network("dense:9,tanh,dense:4", SmallDataset::kPixels);
  const AlignedVector parameters = network.initial_parameters(Initializer::kUniform, 4);
  const SoftmaxCrossEntropy loss;

  std::vector<std::uint8_t> pixels, labels;
  for (std::int64_t i = 0; i < SmallDataset::kTest; ++i) {
    const auto image = SmallDataset::pixels(i, 100);
    pixels.insert(pixels.end(), image.begin(), image.end());
    labels.push_back(SmallDataset::label(i));
  }
  const ThreadTeam one(1);
  ChunkFigures alone = Evaluator(network, loss, one).evaluate(parameters.data(), {pixels, labels});
  const Evaluation expected =
      summarize(alone.losses, SmallDataset::kTest, alone.confusion.correct());

  for (int threads = 1; threads <= 3; ++threads) {
    const ThreadTeam team(threads);
    Evaluator evaluator(network, loss, team);
    const Evaluation found = evaluate(communicator, evaluator, parameters.data(), data.test);
    EXPECT_EQ(found.samples, SmallDataset::kTest);
    EXPECT_EQ(found.correct, expected.correct);
    EXPECT_EQ(found.loss, expected.loss);
  }
}

}  // namespace
}  // namespace tally
