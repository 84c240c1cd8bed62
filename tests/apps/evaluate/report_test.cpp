// SPDX-License-Identifier: MIT
#include "evaluate/report.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tally {
namespace {

using testing::HasSubstr;

/// Three of class 0, one of them taken for 1, and one of class 1.
ModelEvaluation small_evaluation() {
  ModelEvaluation figures{{4, 3, 0.5}, ConfusionMatrix(2), {0.125, std::nullopt, std::nullopt}, {}};
  const std::vector<std::uint8_t> labels = {0, 0, 0, 1}, predicted = {0, 0, 1, 1};
  figures.confusion.add(labels, predicted);
  return figures;
}

TEST(EvaluationReport, IsATableForPeople) {
  const std::string text = text_report(small_evaluation(), {});
  EXPECT_THAT(text, testing::StartsWith("accuracy 75.00 % (3 of 4), loss 0.500000\n"
                                        "expected calibration error 0.1250 (15 bins)\n"));
  EXPECT_THAT(text, HasSubstr("    0        3        2     1.0000  0.6667  0.8000\n"
                              "    1        1        1     0.5000  1.0000  0.6667\n"));
  EXPECT_THAT(text, testing::EndsWith("    0      2      1\n    1      0      1\n"));
}

TEST(EvaluationReport, NamesTheTemperatureOfACalibratedModel) {
  ModelEvaluation figures = small_evaluation();
  figures.calibration = {0.125, 1.5, 0.0625};
  EXPECT_THAT(text_report(figures, {}), HasSubstr("error 0.1250 (15 bins); calibrated 0.0625, by a "
                                                  "temperature of 1.500\n"));
}

TEST(EvaluationReport, IsAnObjectOfJson) {
  const std::string line = json_report(small_evaluation(), {});
  EXPECT_THAT(line, testing::EndsWith("}\n"));
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["samples"], 4);
  EXPECT_EQ(json["accuracy"], 0.75);
  EXPECT_EQ(json["confusion"], nlohmann::json::parse("[[2,1],[0,1]]"));
  EXPECT_EQ(json["per_class"][1]["precision"], 0.5);
  EXPECT_EQ(json["calibration"]["error"], 0.125);
  EXPECT_TRUE(json["calibration"]["temperature"].is_null());
}

TEST(EvaluationReport, NamesThoseWhoVote) {
  const std::vector<Voter> voters = {{"runs/a", {4, 2, 0.75}}, {"runs/b\x1b\xff", {4, 3, 0.5}}};
  EXPECT_THAT(text_report(small_evaluation(), voters),
              testing::StartsWith("accuracy 50.00 %, loss 0.750000: runs/a\n"
                                  "accuracy 75.00 %, loss 0.500000: runs/b\\x1B\\xFF\n"
                                  "vote of 2 models:\n"
                                  "accuracy 75.00 % (3 of 4), loss 0.500000\n"));
  const auto json = nlohmann::json::parse(json_report(small_evaluation(), voters));
  EXPECT_EQ(json["voters"][0], nlohmann::json::parse(R"({"model": "runs/a", "correct": 2,
                                                          "accuracy": 0.5, "loss": 0.75})"));
  EXPECT_EQ(json["voters"][1]["model"], "runs/b\x1b\uFFFD");
  EXPECT_FALSE(nlohmann::json::parse(json_report(small_evaluation(), {})).contains("voters"));
}

}  // namespace
}  // namespace tally
