// SPDX-License-Identifier: MIT
#include "tally/train/rank_data.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "small_dataset.hpp"
#include "tally/data/hold_out.hpp"
#include "tally/parallel/reduction_plan.hpp"

namespace tally {
namespace {

class RankDataTest : public testing::Test {
 protected:
  Communicator communicator_;
  SmallDataset dataset_{communicator_};
  DataFingerprint fingerprint_ = SmallDataset::shape();
};

TEST_F(RankDataTest, EveryTrainingImageArrivesOnceAtTheRankOfItsShard) {
  constexpr std::int64_t kUsed = 200, kHeldOut = 23;
  const ShardPlan plan({kUsed - kHeldOut, 28, 4, SampleOrder::kShuffled, 9});
  RankData data = scatter_dataset(communicator_, dataset_.files(),
                                  {kUsed, kHeldOut, 9, SmallDataset::kClasses}, plan, fingerprint_);
  data.train.begin_epoch(0);
  const std::vector<bool> held_out = hold_out(kUsed, kHeldOut, 9);
  std::vector<std::int64_t> ids;
  const Range shards = leaves_of_rank(plan.shards(), communicator_.size(), communicator_.rank());
  for (std::int64_t shard = shards.begin; shard < shards.end; ++shard) {
    for (std::int64_t row = 0; row < plan.shard_size(shard); ++row) {
      const StoredSample sample = data.train.sample(shard, row);
      ASSERT_LT(sample.id, kUsed);
      EXPECT_FALSE(held_out[sample.id]);
      EXPECT_EQ(sample.label, SmallDataset::label(sample.id));
      const auto expected = SmallDataset::pixels(sample.id, 0);
      EXPECT_TRUE(std::ranges::equal(sample.pixels, expected));
      ids.push_back(sample.id);
    }
  }
  EXPECT_EQ(static_cast<std::int64_t>(ids.size()), data.train.size());
  std::vector<std::int64_t> all = communicator_.gather_all(ids);
  std::ranges::sort(all);
  EXPECT_EQ(static_cast<std::int64_t>(all.size()), kUsed - kHeldOut);
  EXPECT_TRUE(std::ranges::adjacent_find(all) == all.end());
}

TEST_F(RankDataTest, HeldOutAndTestImagesArriveInOrder) {
  constexpr std::int64_t kHeldOut = 150;
  const ShardPlan plan({SmallDataset::kTrain - kHeldOut, 28, 4, SampleOrder::kSequential, 9});
  const RankData data = scatter_dataset(communicator_, dataset_.files(),
                                        {SmallDataset::kTrain, kHeldOut, 9, SmallDataset::kClasses},
                                        plan, fingerprint_);
  const Range test = EvaluationShare::positions_of(SmallDataset::kTest, communicator_.size(),
                                                   communicator_.rank());
  EXPECT_EQ(test.begin % kEvaluationRows, 0);
  for (std::int64_t i = test.begin; i < test.end; ++i) {
    const auto at = static_cast<std::size_t>(i - test.begin);
    const auto pixels =
        data.test.images().pixels.subspan(at * SmallDataset::kPixels, SmallDataset::kPixels);
    EXPECT_TRUE(std::ranges::equal(pixels, SmallDataset::pixels(i, 100)));
    EXPECT_EQ(data.test.images().labels[at], SmallDataset::label(i));
  }
  EXPECT_EQ(communicator_.sum(test.size()), SmallDataset::kTest);

  std::vector<std::int64_t> held_out_ids;
  const std::vector<bool> held_out = hold_out(SmallDataset::kTrain, kHeldOut, 9);
  for (std::int64_t id = 0; id < SmallDataset::kTrain; ++id) {
    if (held_out[static_cast<std::size_t>(id)]) held_out_ids.push_back(id);
  }
  const Range validation =
      EvaluationShare::positions_of(kHeldOut, communicator_.size(), communicator_.rank());
  for (std::int64_t i = validation.begin; i < validation.end; ++i) {
    const auto at = static_cast<std::size_t>(i - validation.begin);
    EXPECT_EQ(data.validation.images().labels[at],
              SmallDataset::label(held_out_ids[static_cast<std::size_t>(i)]));
  }
  EXPECT_EQ(communicator_.sum(validation.size()), kHeldOut);
}

TEST_F(RankDataTest, RankZeroLearnsTheDigestsOfTheFiles) {
  const ShardPlan plan({SmallDataset::kTrain, 28, 4, SampleOrder::kShuffled, 9});
  scatter_dataset(communicator_, dataset_.files(),
                  {SmallDataset::kTrain, 0, 9, SmallDataset::kClasses}, plan, fingerprint_);
  for (const std::string& digest : fingerprint_.digests) {
    EXPECT_EQ(digest.size(), communicator_.is_root() ? 64U : 0U);
  }
}

TEST_F(RankDataTest, ADamagedFileEndsAllRanksWithItsMessage) {
  communicator_.on_root([&] { std::ofstream(dataset_.files().test.labels, std::ios::app) << "x"; });
  const ShardPlan plan({SmallDataset::kTrain, 28, 4, SampleOrder::kShuffled, 9});
  try {
    scatter_dataset(communicator_, dataset_.files(),
                    {SmallDataset::kTrain, 0, 9, SmallDataset::kClasses}, plan, fingerprint_);
    FAIL() << "nothing was thrown";
  } catch (const AgreedError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
    EXPECT_NE(
        std::string(error.what()).find("t10k-labels-idx1-ubyte: goes on after its 300 labels"),
        std::string::npos)
        << error.what();
  }
}

TEST_F(RankDataTest, ALabelBeyondTheClassesEndsAllRanks) {
  const ShardPlan plan({SmallDataset::kTrain, 28, 4, SampleOrder::kShuffled, 9});
  EXPECT_THROW(
      scatter_dataset(communicator_, dataset_.files(),
                      {SmallDataset::kTrain, 0, 9, SmallDataset::kClasses - 1}, plan, fingerprint_),
      AgreedError);
}

}  // namespace
}  // namespace tally
