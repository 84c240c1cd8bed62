// SPDX-License-Identifier: MIT
#include "status/report.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tally {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

RunSummary stopped_run() {
  RunSummary run;
  run.directory = "runs/a";
  run.condition = RunCondition::kStopped;
  run.step = 1640;
  run.max_steps = 2000;
  run.epoch = 3;
  run.epochs = 10;
  run.validation = {0.5, 0.9};
  run.samples_per_second = 123'456.7;
  run.since = 0;
  run.owner = "job 12";
  run.workers = "2 ranks, 4 threads in all";
  run.checkpoint = "step-000000001640.h5";
  run.reason = "the time is over";
  return run;
}

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

TEST(StatusReport, HasALineForEachRun) {
  const auto lines = lines_in(to_table({"", {stopped_run(), RunSummary{}}, 0}));
  ASSERT_EQ(lines.size(), 3U);
  for (const char* text :
       {"runs/a", "STOPPED", "1 640/2 000", "3/10", "90.00 %", "123 457",
        "job 12; 2 ranks, 4 threads in all", "step 1 640", "resume (the time is over)"}) {
    EXPECT_THAT(lines[1], HasSubstr(text));
  }
  EXPECT_THAT(lines[2], HasSubstr("NEW"));
  EXPECT_EQ(lines[1].find("STOPPED"), lines[0].find("state"));
  EXPECT_EQ(lines[1].find("resume"), lines[0].find("next"));
}

TEST(StatusReport, AlignsNamesThatAreNotAscii) {
  RunSummary run = stopped_run();
  run.directory = "\xC3\xA4\xC3\xB6\xC3\xBC";  // three letters
  const auto lines = lines_in(to_table({"", {run}, 0}));
  EXPECT_EQ(lines[1].find("STOPPED"), lines[0].find("state") + 3);
}

TEST(StatusReport, ShowsReasonsWhole) {
  RunSummary run = stopped_run();
  run.reason = std::string(900, 'x');
  EXPECT_THAT(lines_in(to_table({"", {run}, 0}))[1], EndsWith("  resume (" + run.reason + ")"));
}

// A later launch may have been given fewer steps than there were.
TEST(StatusReport, NamesNoGoalThatIsBehind) {
  RunSummary run = stopped_run();
  run.max_steps = 1000;
  const std::string line = lines_in(to_table({"", {run}, 0}))[1];
  EXPECT_THAT(line, HasSubstr("  1 640  "));
}

TEST(StatusReport, NamesTheBestOfASweep) {
  RunSummary other = stopped_run();
  other.condition = RunCondition::kDone;
  EXPECT_THAT(to_table({"sweep", {stopped_run(), other}, 2}),
              EndsWith("\nsweep: 1 DONE, 1 STOPPED; best by validation: a, 90.00 %\n"));
  other.validation = {};
  other.test = {0.5, 0.9};
  EXPECT_THAT(to_table({"sweep", {other}, 0}),
              HasSubstr("\nsweep: 1 DONE; no run is ranked: hold images out with --validation"));
}

TEST(StatusReport, HasTheSameAsJson) {
  const auto lines = lines_in(to_json_lines({"sweep", {stopped_run(), RunSummary{}}, 1}));
  ASSERT_EQ(lines.size(), 2U);
  const auto run = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(run["state"], "STOPPED");
  EXPECT_EQ(run["step"], 1640);
  EXPECT_EQ(run["validation_accuracy"], 0.9);
  EXPECT_TRUE(run["test_loss"].is_null());
  EXPECT_EQ(run["since"], "1970-01-01T00:00:00Z");
  EXPECT_EQ(run["rank"], 1);
  const auto other = nlohmann::json::parse(lines[1]);
  EXPECT_TRUE(other["rank"].is_null());
  EXPECT_TRUE(other["owner"].is_null());
  EXPECT_TRUE(other["epochs"].is_null());
}

TEST(StatusReport, KeepsWhatFilesHoldFromTheTerminal) {
  RunSummary run = stopped_run();
  run.reason = "\x1B[2J\xFF";
  EXPECT_EQ(to_table({"", {run}, 0}).find('\x1B'), std::string::npos);
  const std::string line = to_json_lines({"", {run}, 0});
  EXPECT_EQ(line.find('\x1B'), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(line)["reason"], "\x1B[2J\xEF\xBF\xBD");
}

}  // namespace
}  // namespace tally
