// SPDX-License-Identifier: MIT
#include "micro_batch_loader.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tally/nn/pixels.hpp"

namespace tally {
namespace {

constexpr std::int64_t kSamples = 12;
constexpr std::int64_t kImageBytes = 4;

// Sample i has the pixels i, i + 1, i + 2, i + 3 and the label i % 3.
std::vector<std::uint8_t> pixels_of(std::int64_t sample) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < kImageBytes; ++i) pixels.push_back(static_cast<std::uint8_t>(sample + i));
  return pixels;
}

class MicroBatchLoaderTest : public testing::Test {
 protected:
  MicroBatchLoaderTest() {
    const std::vector<ShardPlan::Place> places = plan_.deal();
    for (std::uint32_t id = 0; id < kSamples; ++id) {
      samples_.put(places[id], {id, static_cast<std::uint8_t>(id % 3), pixels_of(id)});
    }
    samples_.begin_epoch(0);
  }

  ShardPlan plan_{{kSamples, 6, 3, SampleOrder::kShuffled, 5}};
  ShardStore samples_{plan_, {0, 2}, kImageBytes};
};

TEST_F(MicroBatchLoaderTest, ScalesTheImagesOfTheRowsAndSaysWhichTheyAre) {
  MicroBatchLoader loader(plan_, samples_, nullptr);
  loader.begin_step(0);
  AlignedVector inputs(3 * kImageBytes);
  const MicroBatch rows{1, plan_.rows(1, 1)};
  const Batch batch = loader.load(rows, {0, {}}, inputs.data());
  ASSERT_EQ(batch.rows, 3);
  ASSERT_EQ(loader.used_samples().size(), 3U);
  for (std::int64_t row = 0; row < 3; ++row) {
    const std::uint32_t id = samples_.sample(1, rows.rows.begin + row).id;
    EXPECT_EQ(loader.used_samples()[row].id, id);
    EXPECT_EQ(loader.used_samples()[row].shard, 1);
    EXPECT_EQ(loader.labels()[row], id % 3);
    EXPECT_TRUE(std::ranges::equal(loader.images()[row], pixels_of(id)));
    AlignedVector scaled(kImageBytes);
    scale_pixels(pixels_of(id), scaled.data());
    EXPECT_TRUE(std::equal(scaled.begin(), scaled.end(), inputs.begin() + row * kImageBytes));
  }
}

TEST_F(MicroBatchLoaderTest, RemembersAllOfAStepAndForgetsThemAtTheNext) {
  MicroBatchLoader loader(plan_, samples_, nullptr);
  AlignedVector inputs(3 * kImageBytes);
  loader.begin_step(0);
  loader.load({0, plan_.rows(0, 0)}, {1, plan_.rows(0, 1)}, inputs.data());
  loader.load({1, plan_.rows(0, 1)}, {0, plan_.rows(1, 0)}, inputs.data());
  EXPECT_EQ(loader.used_samples().size(), 6U);
  EXPECT_EQ(loader.labels().size(), 3U);
  loader.begin_step(0);
  EXPECT_TRUE(loader.used_samples().empty());
}

}  // namespace
}  // namespace tally
