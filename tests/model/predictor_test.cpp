// SPDX-License-Identifier: MIT
#include "tally/model/predictor.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "image/page_fixture.hpp"
#include "model/model_fixtures.hpp"
#include "state/config_fixtures.hpp"
#include "support/temporary_directory.hpp"
#include "tally/image/png_codec.hpp"

namespace tally {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class PredictorTest : public testing::Test {
 protected:
  std::vector<Prediction> predict(const GreyImage& page, const PredictorOptions& options = {},
                                  const PageViewer& view = {}) {
    return Predictor(model_, "x", options).predict(encode_png(page), "page.png", view);
  }

  [[nodiscard]] static GreyImage page() { return paint(seven(200, 200, 60, 50, 100, 9), 240, 30); }

  TrainedModel model_{state_with_outputs(kOutputs)};
};

TEST_F(PredictorTest, NamesTheMostProbableClassesFirst) {
  const auto predictions = predict(page(), {.top_count = 2});
  ASSERT_EQ(predictions.size(), 1U);
  const Prediction& found = predictions[0];
  EXPECT_EQ(found.file, "page.png");
  EXPECT_EQ(found.status, PredictionStatus::kOk);
  EXPECT_EQ(found.message, "");
  EXPECT_FALSE(found.digit_probability);
  ASSERT_EQ(found.top.size(), 2U);
  EXPECT_EQ(found.top[0].label, 2);
  EXPECT_NEAR(found.top[0].probability, 9 / 14.0, 1e-6);
  EXPECT_EQ(found.top[1].label, 1);
  ASSERT_EQ(found.classes.size(), 3U);
  EXPECT_EQ(found.classes[2].label, 0);
  expect_prepared(found.digit);
  EXPECT_NEAR(found.box.x, 56, 3);
  EXPECT_NEAR(found.box.y, 46, 3);
  EXPECT_NEAR(found.box.height, 109, 5);
}

TEST_F(PredictorTest, ReadsAFileAsItsContents) {
  const TemporaryDirectory directory;
  const std::vector<std::byte> png = encode_png(page());
  const std::string file =
      directory.write("7.png", {reinterpret_cast<const char*>(png.data()), png.size()}).string();
  const auto predictions = Predictor(model_, "x", {}).predict(file);
  ASSERT_EQ(predictions.size(), 1U);
  EXPECT_EQ(predictions[0].file, file);
  EXPECT_EQ(predictions[0].digit, predict(page())[0].digit);
}

TEST_F(PredictorTest, AnswersABlankPageWithoutADigit) {
  const auto predictions = predict(GreyImage(60, 60, 240));
  ASSERT_EQ(predictions.size(), 1U);
  EXPECT_EQ(predictions[0].status, PredictionStatus::kNoInk);
  EXPECT_FALSE(predictions[0].has_digit());
}

TEST_F(PredictorTest, IsUnsureBelowTheLeastProbability) {
  const double most = 9 / 14.0;
  EXPECT_EQ(predict(page(), {.least_probability = most - 1e-3})[0].status, PredictionStatus::kOk);
  const Prediction unsure = predict(page(), {.least_probability = most + 1e-3})[0];
  EXPECT_EQ(unsure.status, PredictionStatus::kUnsure);
  EXPECT_EQ(unsure.message,
            "the most probable class, 2, has a probability of 0.643, expected 0.644");
  EXPECT_TRUE(unsure.has_digit());
}

TEST_F(PredictorTest, IsUnsureOfWhatMayBeNoDigit) {
  const OutlierNetwork outliers = outliers_with_outputs({0, 0, 0, std::log(3.0F)}, kEdgeValues);
  model_ = TrainedModel(state_with_outputs(kOutputs), Calibration{1, 10, outliers});
  const Prediction sure = predict(page())[0];
  ASSERT_TRUE(sure.digit_probability);
  EXPECT_NEAR(*sure.digit_probability, 0.5, 1e-6);
  EXPECT_EQ(sure.status, PredictionStatus::kOk);
  const Prediction unsure = predict(page(), {.least_probability = 0.4})[0];
  EXPECT_EQ(unsure.status, PredictionStatus::kUnsure);
  EXPECT_THAT(unsure.message, HasSubstr("that it is a digit 0.500, together 0.321"));
}

TEST_F(PredictorTest, ReadsEachDigitOfASegmentedPage) {
  GreyImage ink = seven(400, 200, 40, 50, 100, 9);
  draw_stroke(ink, 300, 50, 300, 150, 9);
  const auto predictions = predict(paint(ink, 240, 30), {.is_segmented = true});
  ASSERT_EQ(predictions.size(), 2U);
  EXPECT_LT(predictions[0].box.x, 60);
  EXPECT_GT(predictions[1].box.x, 280);
}

TEST_F(PredictorTest, ShowsThePageAndWhatWasPreparedOfIt) {
  GreyImage seen;
  std::vector<GreyImage> digits;
  const auto predictions =
      predict(page(), {}, [&](const GreyImage& shown, const PreparedPage& prepared) {
        seen = shown;
        for (const PreparedDigit& digit : prepared.digits) digits.push_back(digit.digit);
      });
  EXPECT_EQ(seen, page());
  EXPECT_THAT(digits, ElementsAre(predictions[0].digit));
}

TEST_F(PredictorTest, AnswersWhatGoesWrongAsTheErrorOfTheFile) {
  Predictor predictor(model_, "x", {});
  const auto damaged = predictor.predict(std::as_bytes(std::span("no image")), "page.png");
  ASSERT_EQ(damaged.size(), 1U);
  EXPECT_EQ(damaged[0].status, PredictionStatus::kError);
  EXPECT_THAT(damaged[0].message, StartsWith("page.png: "));
  EXPECT_EQ(predictor.predict("/nowhere/7.png")[0].status, PredictionStatus::kError);

  const auto unseen = predict(page(), {}, [](const GreyImage&, const PreparedPage&) {
    fail(ExitCode::kFailure, "no place to write");
  });
  ASSERT_EQ(unseen.size(), 1U);
  EXPECT_EQ(unseen[0].status, PredictionStatus::kError);
  EXPECT_EQ(unseen[0].message, "no place to write");
}

TEST_F(PredictorTest, AnswersOutputsThatAreNotFiniteAsAnError) {
  model_ = TrainedModel(state_with_outputs({0, std::numeric_limits<Real>::infinity(), 0}));
  const Prediction found = predict(page())[0];
  EXPECT_EQ(found.status, PredictionStatus::kError);
  EXPECT_THAT(found.message, StartsWith("page.png: the outputs of the network are not finite"));
}

TEST_F(PredictorTest, RefusesAModelOfOtherImages) {
  const TrainedModel model(state_with_outputs(kOutputs, 14, 14));
  EXPECT_EQ(failure_of([&] { Predictor(model, "x", {}); }),
            "exit 2: drawings for x: expected images of 14 x 14, as the network was trained on, "
            "got 28 x 28");
}

}  // namespace
}  // namespace tally
