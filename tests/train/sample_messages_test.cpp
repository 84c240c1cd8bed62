// SPDX-License-Identifier: MIT
#include "sample_messages.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace tally {
namespace {

constexpr std::size_t kImageBytes = 784;

std::vector<std::uint8_t> pixels_of(std::uint32_t id) {
  std::vector<std::uint8_t> pixels(kImageBytes);
  for (std::size_t i = 0; i < kImageBytes; ++i) pixels[i] = static_cast<std::uint8_t>(id * 31 + i);
  return pixels;
}

// So many that each rank gets several messages, dealt out in turns.
TEST(SampleMessages, BringEachRankItsImagesInOrder) {
  constexpr std::uint32_t kImages = 6'000;
  const Communicator communicator;
  if (communicator.size() == 1) return;  // nobody to send to
  const auto others = static_cast<std::uint32_t>(communicator.size() - 1);
  if (communicator.is_root()) {
    SampleSender sender(communicator, kImageBytes);
    for (std::uint32_t id = 0; id < kImages; ++id) {
      const std::vector<std::uint8_t> pixels = pixels_of(id);
      const SampleHeader header{SampleSet::kTest, static_cast<std::uint8_t>(id % 10), id, {1, id}};
      sender.put(static_cast<int>(1 + id % others), {header, pixels});
    }
    sender.end();
  } else {
    SampleReceiver receiver(communicator, kImageBytes);
    auto next = static_cast<std::uint32_t>(communicator.rank() - 1);
    while (const auto sample = receiver.next()) {
      ASSERT_EQ(sample->header.id, next);
      EXPECT_EQ(sample->header.set, SampleSet::kTest);
      EXPECT_EQ(sample->header.label, next % 10);
      EXPECT_EQ(sample->header.place, (ShardPlan::Place{1, next}));
      ASSERT_TRUE(std::ranges::equal(sample->pixels, pixels_of(next)));
      next += others;
    }
    EXPECT_GE(next, kImages);
  }
  communicator.barrier();
}

TEST(SampleMessages, EndWhereThereIsNothingToSend) {
  const Communicator communicator;
  if (communicator.is_root()) {
    SampleSender(communicator, kImageBytes).end();
  } else {
    EXPECT_FALSE(SampleReceiver(communicator, kImageBytes).next());
  }
  communicator.barrier();
}

}  // namespace
}  // namespace tally
