// SPDX-License-Identifier: MIT
#include "tally/run/launch_facts.hpp"

#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

LaunchFacts on_hosts(const std::vector<std::string>& hosts) {
  LaunchFacts facts;
  for (const std::string& host : hosts) facts.ranks.emplace_back().host_name = host;
  return facts;
}

TEST(LaunchFacts, NameRanksInRunsAndEachHostOnce) {
  const LaunchFacts facts = on_hosts({"n1", "n1", "n1", "n2", "n2", "n3"});
  EXPECT_EQ(facts.place_of({3}), "rank 3 on host n2");
  EXPECT_EQ(facts.place_of({0, 1, 2}), "ranks 0-2 on host n1");
  EXPECT_EQ(facts.place_of({1, 2, 3, 5}), "ranks 1-3, 5 on hosts n1, n2, n3");
  EXPECT_EQ(facts.ranks_that([](const RankFacts& rank) { return rank.host_name == "n2"; }),
            (std::vector<std::size_t>{3, 4}));
}

TEST(BytesText, HasThreeUnits) {
  EXPECT_EQ(bytes_text(999'499), "999 kB");
  EXPECT_EQ(bytes_text(2'500'000), "2.5 MB");
  EXPECT_EQ(bytes_text(15'600'000'000), "15.6 GB");
}

// A whole vector of parameters and one of velocity, and room for what stands around them.
TEST(DirectoryFacts, CountTheCheckpointsThatAreToCome) {
  const TemporaryDirectory directory;
  RunConfig config;
  config.run_dir = directory.string() + "/run";
  config.keep = 3;
  const std::int64_t one = 20'000 + 2 * 1'000 * 4;
  EXPECT_EQ(directory_facts(config, 1'000).needed_bytes, 4 * one);
  EXPECT_FALSE(fs::exists(config.run_dir));
  fs::create_directories(config.run_dir + "/checkpoints");
  for (const char* name : {"a", "b"}) {
    static_cast<void>(directory.write(std::string("run/checkpoints/") + name, ""));
  }
  EXPECT_EQ(directory_facts(config, 1'000).needed_bytes, 2 * one);
}

TEST(DirectoryFacts, SayWhyNothingCanBeWritten) {
  const TemporaryDirectory directory;
  RunConfig config;
  config.run_dir = directory.write("file", "").string() + "/run";
  EXPECT_NE(directory_facts(config, 1).problem, "");
}

}  // namespace
}  // namespace tally
