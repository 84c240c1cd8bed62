// SPDX-License-Identifier: MIT
#include "tally/run/profile.hpp"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tally {
namespace {

// Two ranks of two threads: 8 s of training among 10.
Profile example_profile() {
  Profile profile;
  profile.ranks = 2;
  profile.threads = 2;
  profile.workers = 4;
  profile.batch_size = 128;
  profile.micro_batch = 32;
  profile.network = "784-100-10";
  profile.kernels = "tally-1";
  profile.samples = 80'000;
  profile.steps = 625;
  profile.wall_seconds = 10;
  profile.operations_per_sample = 500'000;
  profile.peak_gflops = 25;
  profile.first_step_seconds = 0.5;
  profile.evaluated_images = 20'000;
  for (ActivityFigures& figures : profile.activities) figures = {0, 0, 0};
  profile.activities[static_cast<std::size_t>(Activity::kForward)] = {3.5, 4, 4.5};
  profile.activities[static_cast<std::size_t>(Activity::kEvaluate)] = {1, 1, 1};
  profile.activities[static_cast<std::size_t>(Activity::kSave)] = {1, 1, 1};
  return profile;
}

TEST(Profile, SetsThroughputAgainstThePeakOfAllWorkers) {
  const Profile profile = example_profile();
  EXPECT_DOUBLE_EQ(profile.train_seconds(), 8);
  EXPECT_DOUBLE_EQ(profile.samples_per_second(), 10'000);
  EXPECT_DOUBLE_EQ(profile.gflops(), 5);
  EXPECT_DOUBLE_EQ(profile.share_of_peak(), 0.05);
}

TEST(Profile, OfNothingDividesByNothing) {
  const Profile profile;
  EXPECT_EQ(profile.samples_per_second(), 0);
  EXPECT_EQ(profile.share_of_peak(), 0);
}

TEST(Profile, IsATableForPeople) {
  const std::string table = to_table(example_profile());
  EXPECT_EQ(table.find("seconds      minimum      mean   maximum   share\n"
                       "input          0.000     0.000     0.000   0.0 %\n"
                       "forward        3.500     4.000     4.500  40.0 %\n"),
            0U)
      << table;
  EXPECT_NE(
      table.find("2 ranks x 2 threads, 784-100-10, batch 128 = 4 x 32, tally-1\n"
                 "80 000 samples in 625 steps: 8.000 s of training, 10.000 s in all\n"
                 "10 000 samples/s, 5.0 GFLOP/s: 5.0 % of 4 x 25.0 (a 1024 x 1024 GEMM on one "
                 "core)\n"
                 "first step 0.50 s after the start of the process"),
      std::string::npos)
      << table;
}

TEST(Profile, IsReadBackFromItsJson) {
  const Profile profile = example_profile();
  const auto json = nlohmann::json::parse(to_json(profile));
  EXPECT_EQ(json.size(), 19U);
  EXPECT_EQ(json["ranks"], 2);
  EXPECT_EQ(json["threads"], 2);
  EXPECT_EQ(json["workers"], 4);
  EXPECT_EQ(json["batch_size"], 128);
  EXPECT_EQ(json["network"], "784-100-10");
  EXPECT_EQ(json["samples"], 80'000);
  EXPECT_EQ(json["peak_gflops"], 25);
  EXPECT_EQ(json["train_seconds"], 8);
  EXPECT_EQ(json["samples_per_second"], profile.samples_per_second());
  EXPECT_EQ(json["first_step_seconds"], 0.5);
  EXPECT_EQ(json["evaluate_images_per_second"], 20'000);
  EXPECT_EQ(json["phases"].size(), kActivityNames.size());
  EXPECT_EQ(json["phases"]["forward"],
            (nlohmann::json{{"minimum", 3.5}, {"mean", 4}, {"maximum", 4.5}}));
}

// Job scripts find numbers by "name": number, without a parser.
TEST(Profile, HasALineForEachFigure) {
  EXPECT_NE(to_json(example_profile()).find("\n  \"threads\": 2,\n"), std::string::npos);
}

TEST(Profile, StaysJsonWithoutANumberToGive) {
  Profile profile = example_profile();
  profile.peak_gflops = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(nlohmann::json::parse(to_json(profile))["peak_gflops"].is_null());
}

}  // namespace
}  // namespace tally
