// SPDX-License-Identifier: MIT
#include "common/prediction_line.hpp"

#include <gtest/gtest.h>

#include "common/json_line.hpp"

namespace tally {
namespace {

Prediction sure_prediction() {
  Prediction prediction;
  prediction.file = "a.png";
  prediction.status = PredictionStatus::kOk;
  prediction.top = {{3, 0.75}, {5, 0.25}};
  prediction.box = {1, 2, 3, 4};
  return prediction;
}

TEST(PredictionLine, NamesTheClassesInWords) {
  Prediction prediction = sure_prediction();
  EXPECT_EQ(text_line(prediction), "a.png: 3 (75.0 %); then 5 (25.0 %)");
  prediction.digit_probability = 0.5;
  prediction.status = PredictionStatus::kUnsure;
  EXPECT_EQ(text_line(prediction),
            "a.png: unsure; perhaps 3 (75.0 %); then 5 (25.0 %); a digit at all: 50.0 %");
  Prediction blank;
  blank.file = "a.png";
  blank.status = PredictionStatus::kNoInk;
  blank.message = "the page is blank";
  EXPECT_EQ(text_line(blank), "a.png: no digit: the page is blank");
}

TEST(PredictionLine, IsAnObjectOfJson) {
  Prediction prediction = sure_prediction();
  EXPECT_EQ(json_line(to_json(prediction)),
            R"({"file":"a.png","status":"ok","class":3,"probability":0.75,)"
            R"("top":[{"class":3,"probability":0.75},{"class":5,"probability":0.25}],)"
            R"("box":[1,2,3,4],"message":""})");
  prediction.status = PredictionStatus::kUnsure;
  prediction.digit_probability = 0.5;
  const auto unsure = to_json(prediction);
  EXPECT_TRUE(unsure["class"].is_null());
  EXPECT_EQ(unsure["digit_probability"], 0.5);
  EXPECT_EQ(unsure["top"].size(), 2U);
}

TEST(PredictionLine, HasNoBoxWithoutADigit) {
  Prediction prediction;
  prediction.message = "what went wrong";
  const auto json = to_json(prediction);
  EXPECT_EQ(json["status"], "error");
  EXPECT_TRUE(json["box"].is_null());
  EXPECT_TRUE(json["top"].empty());
  EXPECT_EQ(json["message"], "what went wrong");
}

TEST(JsonLine, ReplacesWhatIsNoTextAndEscapesWhatSteersATerminal) {
  Prediction prediction = sure_prediction();
  prediction.file = "\x1B[2J\xFF\xE2\x80\xAE";  // the last turns the direction of writing
  const std::string line = json_line(to_json(prediction));
  EXPECT_EQ(line.substr(0, line.find(',')), "{\"file\":\"\\u001b[2J\xEF\xBF\xBD\\u202e\"");
}

}  // namespace
}  // namespace tally
