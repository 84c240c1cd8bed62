// SPDX-License-Identifier: MIT
#include "predict/terminal_view.hpp"

#include <gmock/gmock.h>

namespace tally {
namespace {

TEST(TerminalView, HasTwoRowsOfPixelsALineBesideABarAClass) {
  Prediction prediction;
  prediction.digit = GreyImage(3, 4);
  prediction.digit.at(0, 0) = 255;
  prediction.digit.at(1, 1) = 255;
  prediction.digit.at(2, 2) = prediction.digit.at(2, 3) = 255;
  prediction.digit.at(1, 3) = 95;  // too pale
  prediction.classes = {{7, 0.75}, {2, 0.25}};
  prediction.top = {prediction.classes[0]};
  EXPECT_EQ(terminal_view(prediction),
            "  │▀▄ │  2  25.0 % █████\n"
            "  │  █│  7  75.0 % ███████████████\n");
}

TEST(TerminalView, ShowsTheMostProbableClassesIfThereAreMany) {
  Prediction prediction;
  prediction.digit = GreyImage(1, 3);
  prediction.classes = {{7, 0.5}, {2, 0.25}, {5, 0.25}};
  prediction.top = {prediction.classes[0]};
  const std::string view = terminal_view(prediction);
  EXPECT_THAT(view, testing::HasSubstr("  2  25.0 %"));
  EXPECT_THAT(view, testing::HasSubstr("  7  50.0 %"));
  EXPECT_THAT(view, testing::Not(testing::HasSubstr("  5  25.0 %")));
}

TEST(TerminalView, IsEmptyWithoutADigit) {
  EXPECT_EQ(terminal_view(Prediction()), "");
}

}  // namespace
}  // namespace tally
