// SPDX-License-Identifier: MIT
#include "tally/image/drawing_choice.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

InkPart part(Box box, int pixel_count, int peak = 255) {
  return {box, std::int64_t{pixel_count} * peak, pixel_count, peak};
}

std::vector<bool> chosen(const std::vector<InkPart>& parts) {
  WorkBudget budget("page.png");
  return choose_drawing(parts, 1000, 12, budget);
}

const InkPart kDigit = part({300, 300, 200, 300}, 9000);

TEST(ChooseDrawing, KeepsStrokesNearTheLargest) {
  const InkPart bar = part({350, 260, 150, 25}, 2500);
  EXPECT_EQ(chosen({bar, kDigit}), (std::vector<bool>{true, true}));
}

TEST(ChooseDrawing, FollowsStrokesFromOneToTheNext) {
  const InkPart near = part({520, 300, 60, 60}, 1500);
  const InkPart beyond = part({600, 300, 60, 60}, 1500);
  EXPECT_EQ(chosen({beyond, kDigit, near}), (std::vector<bool>{true, true, true}));
}

TEST(ChooseDrawing, DropsSpecksAndFaintSmudges) {
  const InkPart speck = part({520, 300, 8, 8}, 60);
  const InkPart far = part({5, 5, 40, 40}, 1200);
  const InkPart smudge = part({510, 300, 150, 150}, 20000, 40);
  EXPECT_EQ(chosen({speck, far, smudge, kDigit}), (std::vector<bool>{false, false, false, true}));
}

TEST(ChooseDrawing, KeepsSingleDotsOfASmallDigit) {
  const InkPart digit = part({4, 4, 10, 20}, 90);
  WorkBudget budget("page.png");
  EXPECT_EQ(choose_drawing({digit, part({19, 5, 1, 1}, 1, 40)}, 28, 12, budget),
            (std::vector<bool>{true, true}));
}

TEST(ChooseDrawing, FindsNothingThatStandsOut) {
  EXPECT_TRUE(chosen({}).empty());
  EXPECT_EQ(chosen({part({3, 3, 2, 3}, 5)}), std::vector<bool>{false});       // dust
  EXPECT_EQ(chosen({part({3, 3, 9, 9}, 50, 14)}), std::vector<bool>{false});  // a blob of noise
  const std::vector<InkPart> many(100, part({3, 3, 9, 9}, 40));               // gravel
  EXPECT_EQ(chosen(many), std::vector<bool>(100, false));
}

TEST(ChosenBox, HoldsTheChosenPartsOnly) {
  EXPECT_EQ(chosen_box({part({1, 1, 2, 2}, 4), part({8, 8, 2, 2}, 4)}, {true, false}),
            (Box{1, 1, 2, 2}));
  EXPECT_EQ(chosen_box({part({1, 1, 2, 2}, 4)}, {false}), Box{});
}

}  // namespace
}  // namespace tally
