// SPDX-License-Identifier: MIT
#include "tally/state/run_config.hpp"

#include <gtest/gtest.h>

#include "config_fixtures.hpp"

namespace tally {
namespace {

std::int64_t micro_batch_for(std::int64_t batch_size) {
  RunConfig config;
  config.batch_size = batch_size;
  resolve(config);
  return config.micro_batch.value;
}

std::string refusal(const RunConfig& config) {
  return failure_of([copy = config]() mutable { resolve(copy); });
}

TEST(Resolve, ChoosesTheLargestMicroBatchUpToAnEighthWithin32And128) {
  for (std::int64_t batch_size = 1; batch_size <= 1300; ++batch_size) {
    const std::int64_t most = batch_size < 256 ? 32 : batch_size > 1024 ? 128 : batch_size / 8;
    std::int64_t expected = 0;
    for (std::int64_t candidate = 1; candidate <= most; ++candidate) {
      if (batch_size % candidate == 0) expected = candidate;
    }
    EXPECT_EQ(micro_batch_for(batch_size), expected) << batch_size;
  }
  EXPECT_EQ(micro_batch_for(128), 32);
  EXPECT_EQ(micro_batch_for(512), 64);
  EXPECT_EQ(micro_batch_for(4096), 128);
  EXPECT_EQ(micro_batch_for(100), 25);
  EXPECT_EQ(micro_batch_for(37), 1);
  EXPECT_EQ(micro_batch_for(1), 1);
}

TEST(Resolve, KeepsAMicroBatchThatDivides) {
  RunConfig config;
  config.batch_size = 128;
  config.micro_batch.value = 64;
  resolve(config);
  EXPECT_EQ(config.micro_batch.value, 64);
}

TEST(Resolve, ChangesNothingTwice) {
  RunConfig config;
  resolve(config);
  const Texts once = texts_of(config);
  resolve(config);
  EXPECT_EQ(texts_of(config), once);
  Texts expected = texts_of(kDefaults);
  expected.at("micro-batch") = "32";
  EXPECT_EQ(once, expected);
}

TEST(Resolve, RefusesAMicroBatchThatDoesNotDivide) {
  RunConfig config;
  config.batch_size = 100;
  config.micro_batch.value = 32;
  EXPECT_EQ(refusal(config),
            "exit 2: --micro-batch: expected a divisor of --batch-size 100, got 32; the largest "
            "one up to it is 25");
  config.micro_batch.value = 200;
  EXPECT_EQ(refusal(config),
            "exit 2: --micro-batch: expected a divisor of --batch-size 100, got 200; the largest "
            "one up to it is 100");
}

TEST(Resolve, RefusesNesterovWithoutMomentum) {
  RunConfig config;
  config.nesterov = true;
  config.momentum = 0;
  EXPECT_EQ(refusal(config), "exit 2: --nesterov: expected --momentum above 0, got 0");
  config.momentum = 0.1;
  EXPECT_EQ(refusal(config), "no failure");
}

TEST(Resolve, RefusesToHoldOutAllImages) {
  RunConfig config;
  config.train_limit = 2000;
  config.validation = 2000;
  EXPECT_EQ(refusal(config),
            "exit 2: --validation: expected fewer images than --train-limit 2 000, got 2 000");
  config.validation = 1999;
  EXPECT_EQ(refusal(config), "no failure");
  config.train_limit.reset();
  config.validation = 1'000'000;
  EXPECT_EQ(refusal(config), "no failure");
}

}  // namespace
}  // namespace tally
