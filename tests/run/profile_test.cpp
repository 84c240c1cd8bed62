// SPDX-License-Identifier: MIT
#include "tally/run/profile.hpp"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tally {
namespace {

Profile small_profile() {
  Profile profile;
  profile.ranks = 2;
  profile.threads = 3;
  profile.workers = 6;
  profile.batch_size = 128;
  profile.micro_batch = 32;
  profile.network = "dense:10";
  profile.kernels = "tally-1";
  profile.samples = 1'000'000'000'000;
  profile.steps = 7;
  profile.wall_seconds = 12.5;
  profile.operations_per_sample = 346'600;
  profile.peak_gflops = 0.1;
  profile.spans[static_cast<std::size_t>(Span::kEvaluate)] = {1, 2, 4};
  profile.spans[static_cast<std::size_t>(Span::kSave)] = {0.25, 0.5, 0.75};
  profile.evaluated_images = 30;
  return profile;
}

TEST(Profile, IsReadBackFromItsJson) {
  const Profile profile = small_profile();
  const auto json = nlohmann::json::parse(to_json(profile));
  EXPECT_EQ(json.size(), 19U);
  EXPECT_EQ(json["ranks"], 2);
  EXPECT_EQ(json["threads"], 3);
  EXPECT_EQ(json["workers"], 6);
  EXPECT_EQ(json["network"], "dense:10");
  EXPECT_EQ(json["samples"], 1'000'000'000'000);
  EXPECT_EQ(json["peak_gflops"], 0.1);
  EXPECT_EQ(json["train_seconds"], 10);
  EXPECT_EQ(json["samples_per_second"], profile.samples_per_second());
  EXPECT_EQ(json["evaluate_images_per_second"], 15);
  EXPECT_EQ(json["phases"].size(), kSpanNames.size());
  const auto& save = json["phases"][std::string(kSpanNames[static_cast<std::size_t>(Span::kSave)])];
  EXPECT_EQ(save, (nlohmann::json{{"minimum", 0.25}, {"mean", 0.5}, {"maximum", 0.75}}));
}

// Job scripts find numbers by "name": number, without a parser.
TEST(Profile, HasALineForEachFigure) {
  EXPECT_NE(to_json(small_profile()).find("\n  \"threads\": 3,\n"), std::string::npos);
}

TEST(Profile, StaysJsonWithoutANumberToGive) {
  Profile profile = small_profile();
  profile.peak_gflops = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(nlohmann::json::parse(to_json(profile))["peak_gflops"].is_null());
}

}  // namespace
}  // namespace tally
