// SPDX-License-Identifier: MIT
#include "tally/run/launch_options.hpp"

#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"
#include "tally/core/error.hpp"

namespace tally {
namespace {

Override option(const std::string& name, const std::string& text) {
  return {name, text, "--" + name};
}

TEST(FreshConfig, CommandLineBeatsFileBeatsPresetBeatsDefault) {
  const TemporaryDirectory directory;
  LaunchOptions options;
  options.config_file =
      directory.write("run.toml", "preset = \"paper\"\nepochs = 7\nseed = 5\n").string();
  options.overrides = {option("seed", "9")};
  const RunConfig config = fresh_config(launch_overrides(options));
  EXPECT_EQ(config.seed, 9U);                // command line
  EXPECT_EQ(config.epochs, 7);               // file
  EXPECT_EQ(config.batch_size, 1);           // preset
  EXPECT_EQ(config.keep, RunConfig{}.keep);  // default
  EXPECT_EQ(config.micro_batch.value, 1);    // derived
}

TEST(FreshConfig, APresetOnTheCommandLineBeatsThatOfTheFile) {
  const TemporaryDirectory directory;
  LaunchOptions options;
  options.config_file = directory.write("run.toml", "preset = \"nonsense\"\n").string();
  options.preset = "paper";
  EXPECT_EQ(fresh_config(launch_overrides(options)).epochs, 50);
  options.preset.clear();
  EXPECT_THROW(fresh_config(launch_overrides(options)), Error);
}

TEST(FreshConfig, SplitsABatchIntoTheLargestMicroBatchesUpTo32) {
  for (const auto& [batch, micro] : {std::pair{128, 32}, {1, 1}, {48, 24}, {100, 25}, {37, 1}}) {
    LaunchOptions options;
    options.overrides = {option("batch-size", std::to_string(batch))};
    EXPECT_EQ(fresh_config(launch_overrides(options)).micro_batch.value, micro) << batch;
  }
}

}  // namespace
}  // namespace tally
