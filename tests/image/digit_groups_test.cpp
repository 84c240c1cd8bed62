// SPDX-License-Identifier: MIT
#include "tally/image/digit_groups.hpp"

#include <gtest/gtest.h>

#include "page_fixture.hpp"
#include "tally/image/digit_image.hpp"

namespace tally {
namespace {

/// The boxes of the digits found in `ink`.
std::vector<Box> digit_boxes(const GreyImage& ink) {
  const InkParts found = find_parts(ink, 12);
  std::vector<Box> boxes;
  WorkBudget budget("page.png");
  const std::vector<bool> all(found.parts.size(), true);
  for (const auto& parts : group_digits(found, all, budget)) {
    boxes.emplace_back();
    for (const int part : parts) {
      boxes.back() = united(boxes.back(), found.parts[static_cast<std::size_t>(part)].box);
    }
  }
  return boxes;
}

GreyImage united_ink(const GreyImage& a, const GreyImage& b) {
  GreyImage both = a;
  for (std::size_t i = 0; i < b.pixels.size(); ++i) {
    both.pixels[i] = std::max(a.pixels[i], b.pixels[i]);
  }
  return both;
}

void draw_one(GreyImage& ink, double x, double y, double height) {
  draw_stroke(ink, x, y, x, y + height, 8);
}

TEST(GroupDigits, KeepsNeighboursApart) {
  GreyImage page = seven(400, 200, 40, 40, 100, 8);
  page = united_ink(page, seven(400, 200, 130, 40, 100, 8));
  draw_one(page, 220, 40, 100);
  draw_one(page, 240, 40, 100);
  EXPECT_EQ(digit_boxes(page).size(), 4U);
}

TEST(GroupDigits, JoinsAFiveWithItsBar) {
  GreyImage page = seven(400, 200, 40, 40, 100, 8);
  draw_stroke(page, 205, 60, 200, 95, 8);  // the neck and the bow
  draw_stroke(page, 200, 95, 240, 110, 8);
  draw_stroke(page, 240, 110, 200, 140, 8);
  draw_stroke(page, 215, 42, 250, 40, 8);  // the bar, set off
  const std::vector<Box> boxes = digit_boxes(page);
  ASSERT_EQ(boxes.size(), 2U);
  EXPECT_LE(boxes[1].x, 197);
  EXPECT_GE(boxes[1].x + boxes[1].width, 253);
  EXPECT_LE(boxes[1].y, 37);
  EXPECT_GE(boxes[1].y + boxes[1].height, 143);
}

TEST(GroupDigits, JoinsACrossedSevenWhoseCrossIsOff) {
  GreyImage page = seven(400, 200, 40, 40, 100, 8);
  draw_stroke(page, 74, 92, 58, 92, 6);
  draw_stroke(page, 100, 92, 108, 92, 6);
  draw_one(page, 160, 40, 100);
  EXPECT_EQ(digit_boxes(page).size(), 2U);
}

TEST(GroupDigits, JoinsAStrokeThatIsBrokenAcross) {
  GreyImage page = seven(400, 200, 40, 40, 100, 8);
  for (int y = 88; y < 92; ++y) std::fill_n(page.row(y), 400, std::uint8_t{0});
  draw_one(page, 160, 40, 100);
  EXPECT_EQ(digit_boxes(page).size(), 2U);
}

TEST(GroupDigits, DropsDotsBesideDigits) {
  GreyImage page = seven(400, 200, 40, 40, 100, 8);
  draw_one(page, 160, 40, 100);
  draw_stroke(page, 220, 140, 222, 141, 8);
  EXPECT_EQ(digit_boxes(page).size(), 2U);
}

TEST(GroupDigits, FindsNoneInNothing) {
  EXPECT_TRUE(digit_boxes(GreyImage(40, 30)).empty());
}

TEST(ReadingOrder, GoesAlongRowsFromTheTop) {
  const std::vector<Box> boxes = {
      {200, 105, 40, 60}, {20, 110, 40, 60}, {120, 12, 10, 60}, {30, 5, 40, 50}, {230, 20, 40, 60}};
  WorkBudget budget("page.png");
  EXPECT_EQ(reading_order(boxes, budget), (std::vector<int>{3, 2, 4, 1, 0}));
  EXPECT_TRUE(reading_order({}, budget).empty());
}

TEST(ReadingOrder, FollowsALineThatSlopes) {
  std::vector<Box> boxes;
  for (int i = 0; i < 8; ++i) boxes.push_back({60 * i, 20 * i, 40, 60});           // down by 140
  for (int i = 0; i < 8; ++i) boxes.push_back({60 * i + 5, 20 * i + 90, 40, 60});  // the next one
  std::vector<int> expected(16);
  for (int i = 0; i < 16; ++i) expected[static_cast<std::size_t>(i)] = i;
  WorkBudget budget("page.png");
  EXPECT_EQ(reading_order(boxes, budget), expected);
}

TEST(PreparePage, PreparesEachOfSeveralDigitsAlone) {
  const GreyImage first = seven(400, 200, 40, 40, 100, 8);
  const GreyImage second = seven(400, 200, 102, 75, 100, 8);  // its box overlaps that of the first
  const GreyImage third = seven(400, 200, 300, 30, 60, 8);
  const GreyImage page = paint(united_ink(united_ink(first, second), third), 255, 0);
  const PreparedPage prepared = prepare_page(page, Digits::kSeveral);
  ASSERT_EQ(prepared.digits.size(), 3U);
  int index = 0;
  for (const GreyImage& alone : {first, second, third}) {
    const auto expected = prepare_digit(paint(alone, 255, 0));
    const PreparedDigit& digit = prepared.digits[static_cast<std::size_t>(index++)];
    EXPECT_EQ(digit.box, expected->box);
    EXPECT_EQ(mean_difference(digit.digit, expected->digit), 0) << index;
    EXPECT_EQ(mean_difference(digit.cropped, expected->cropped), 0) << index;
  }
  EXPECT_TRUE(prepare_page(GreyImage(200, 100, 255), Digits::kSeveral).digits.empty());
}

}  // namespace
}  // namespace tally
