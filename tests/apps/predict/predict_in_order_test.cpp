// SPDX-License-Identifier: MIT
#include "predict/predict_in_order.hpp"

#include <cmath>
#include <filesystem>
#include <set>

#include <gmock/gmock.h>

#include "image/page_fixture.hpp"
#include "model/model_fixtures.hpp"
#include "predict/page_picture.hpp"
#include "support/temporary_directory.hpp"
#include "tally/image/decode.hpp"
#include "tally/image/png_codec.hpp"

namespace tally {
namespace {

using testing::Contains;
using testing::ElementsAre;

class PredictInOrderTest : public testing::Test {
 protected:
  /// A page of sevens, side by side.
  [[nodiscard]] std::string put_page(const std::string& name, int digits) const {
    GreyImage ink(200 * std::max(digits, 1), 200);
    for (int i = 0; i < digits; ++i) {
      draw_stroke(ink, 200 * i + 60, 50, 200 * i + 120, 50, 9);
      draw_stroke(ink, 200 * i + 120, 50, 200 * i + 85, 150, 9);
    }
    const std::vector<std::byte> png = encode_png(paint(ink, 240, 30));
    std::filesystem::create_directories((directory_.path() / name).parent_path());
    return directory_.write(name, {reinterpret_cast<const char*>(png.data()), png.size()}).string();
  }

  [[nodiscard]] std::vector<ShownPrediction> predict(const std::vector<std::string>& files,
                                                     const InOrderOptions& options) const {
    std::vector<ShownPrediction> all;
    predict_in_order(model_, "x", files, options,
                     [&](const ShownPrediction& shown) { all.push_back(shown); });
    return all;
  }

  [[nodiscard]] std::vector<std::string> stages() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(stages_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  TemporaryDirectory directory_;
  std::string stages_ = (directory_.path() / "stages").string();
  TrainedModel model_{state_with_outputs({0, std::log(3.0F)})};
};

TEST_F(PredictInOrderTest, AnswersInTheOrderOfTheFilesWithAnyThreads) {
  std::vector<std::string> files;
  for (int i = 0; i < 12; ++i) files.push_back(put_page(std::to_string(i) + ".png", 1));
  files[5] = "/nowhere.png";
  for (int threads = 1; threads <= 4; ++threads) {
    const auto answers = predict(files, {.threads = threads});
    ASSERT_EQ(answers.size(), files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
      EXPECT_EQ(answers[i].prediction.file, files[i]);
      EXPECT_EQ(answers[i].prediction.status,
                i == 5 ? PredictionStatus::kError : PredictionStatus::kOk);
      EXPECT_EQ(answers[i].picture.width, 0);
    }
  }
}

TEST_F(PredictInOrderTest, KeepsAPictureForEachAnswer) {
  const std::vector<std::string> files = {put_page("two.png", 2), put_page("blank.png", 0),
                                          "/nowhere.png"};
  const auto answers =
      predict(files, {.predictor = {.is_segmented = true}, .views = {.keeps_pictures = true}});
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[0].picture.width, PagePicture::kSide);
  EXPECT_EQ(answers[0].picture.height, PagePicture::kSide / 2);
  EXPECT_NE(answers[0].picture, answers[1].picture);  // the frames are elsewhere
  EXPECT_EQ(answers[2].prediction.status, PredictionStatus::kNoInk);
  EXPECT_EQ(answers[2].picture.width, PagePicture::kSide);
  EXPECT_EQ(answers[3].prediction.status, PredictionStatus::kError);
  EXPECT_EQ(answers[3].picture.width, 0);
}

TEST_F(PredictInOrderTest, WritesStagesUnderNamesOfTheFilesThatDiffer) {
  const std::vector<std::string> files = {put_page("a/7.png", 1), put_page("b/7.png", 1),
                                          put_page("8.png", 2), put_page("blank.png", 0)};
  const auto answers =
      predict(files, {.predictor = {.is_segmented = true}, .views = {.stages_directory = stages_}});
  ASSERT_EQ(answers.size(), 5U);
  std::set<std::string> prefixes;
  for (const std::string& name : stages()) prefixes.insert(name.substr(0, name.find(".png-") + 4));
  EXPECT_THAT(prefixes, ElementsAre("1-7.png", "2-7.png", "8.png"));
  EXPECT_THAT(stages(), Contains(testing::StartsWith("8.png-digit-2-")));
}

TEST_F(PredictInOrderTest, AnswersStagesThatCannotBeWrittenAsAnError) {
  const auto answers = predict({put_page("7.png", 1)},
                               {.views = {.stages_directory = directory_.write("file", "")}});
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].prediction.status, PredictionStatus::kError);
}

}  // namespace
}  // namespace tally
