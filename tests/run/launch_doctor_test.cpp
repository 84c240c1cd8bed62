// SPDX-License-Identifier: MIT
#include "tally/run/launch_doctor.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(RankTable, HasALinePerRank) {
  LaunchFacts facts;
  facts.ranks.resize(2);
  facts.ranks[0].host_name = "login";
  facts.ranks[0].cpus = "0-3,8";
  facts.ranks[0].share = {5, 5, 1};
  facts.ranks[0].threads = 4;
  facts.ranks[0].threads_by = ThreadSource::kOpenMp;
  facts.ranks[0].free_bytes = 15'600'000'000;
  facts.ranks[1].host_name = "n1";
  facts.ranks[1].cpus = "0";
  facts.ranks[1].free_bytes = 900'000'000;
  EXPECT_EQ(rank_table(facts),
            "rank  host   cpuset  cores  threads  by                 memory\n"
            "   0  login  0-3,8       5        4  OMP_NUM_THREADS   15.6 GB\n"
            "   1  n1     0           1        ?  ?                900.0 MB\n");
}

TEST(FindingsText, NamesErrorsFirstAndCountsThem) {
  Findings findings;
  EXPECT_EQ(to_text(findings), "0 errors, 0 warnings");
  findings.warning("slow");
  findings.error("wrong");
  findings.warning("slower");
  EXPECT_EQ(to_text(findings), "error: wrong\nwarning: slow\nwarning: slower\n1 error, 2 warnings");
}

}  // namespace
}  // namespace tally
