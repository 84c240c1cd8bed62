// SPDX-License-Identifier: MIT
// Pages that somebody has made to keep a program busy, or to take its memory.
#include "tally/image/work_budget.hpp"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "busy_page.hpp"
#include "tally/core/error.hpp"
#include "tally/image/digit_groups.hpp"
#include "tally/image/digit_image.hpp"
#include "tally/image/drawing_choice.hpp"

namespace tally {
namespace {

std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
    return error.what();
  }
  return "no refusal";
}

const std::string kRefusal =
    "page.png: has far more strokes beside and within each other than writing has; crop it to what "
    "is to be read, or make it smaller";

/// Parallel strokes from corner to corner: each has a box of about the whole page.
GreyImage diagonals(int side, int pitch) {
  GreyImage page(side, side, 255);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      if ((x + y) % pitch < 8) page.at(x, y) = 0;
    }
  }
  return page;
}

TEST(WorkBudget, EndsWhereItIsUsedUp) {
  WorkBudget budget("page.png");
  budget.compare(60'000'000);
  EXPECT_EQ(refusal([&] { budget.compare(); }), kRefusal);
  budget.copy(100'000'000, 80'000'000);
  EXPECT_EQ(refusal([&] { budget.copy(1, 80'000'000); }), kRefusal);
  for (int i = 0; i < 250'000; ++i) budget.keep();
  EXPECT_EQ(refusal([&] { budget.keep(); }), kRefusal);
}

// Compared run by run, these took 21 s.
TEST(WorkBudget, IsEnoughForPartsWithinEachOther) {
  const InkParts found = find_parts(combs(1000, 10), 100);
  ASSERT_EQ(found.parts.size(), 2U);
  const double begin = processor_seconds();
  WorkBudget budget("page.png");
  EXPECT_FALSE(group_digits(found, {true, true}, budget).empty());
  EXPECT_LT(processor_seconds() - begin, 2.0);
}

TEST(WorkBudget, RefusesDigitsThatCoverThePageManyTimes) {
  EXPECT_EQ(refusal([] { prepare_page(diagonals(3000, 100), Digits::kSeveral, "page.png"); }),
            kRefusal);
  EXPECT_EQ(refusal([] { prepare_page(diagonals(3000, 100), Digits::kOne, "page.png"); }),
            "no refusal");
}

/// Level strokes of 20 pixels, one below the other.
InkParts strokes(int count, int pitch) {
  InkParts found;
  for (int i = 0; i < count; ++i) {
    found.runs.push_back({i * pitch, 0, 20, i});
    found.parts.push_back({{0, i * pitch, 20, 1}, 5100, 20, 255});
  }
  return found;
}

TEST(WorkBudget, BoundsTheStrokesThatAreKept) {
  const auto group = [](const InkParts& found) {
    WorkBudget budget("page.png");
    group_digits(found, std::vector<bool>(found.parts.size(), true), budget);
  };
  EXPECT_EQ(refusal([&] { group(strokes(250'000, 30)); }), "no refusal");
  EXPECT_EQ(refusal([&] { group(strokes(250'001, 30)); }), kRefusal);
  // Each is near two others.
  EXPECT_EQ(refusal([&] { group(strokes(80'000, 3)); }), "no refusal");
  EXPECT_EQ(refusal([&] { group(strokes(90'000, 3)); }), kRefusal);
}

// Two parts, but a hundred thousand runs.
TEST(WorkBudget, BoundsTheSearchForTheNearestPixels) {
  const InkParts found = find_parts(combs(1000, 10), 100);
  const auto group = [&](std::int64_t used) {
    WorkBudget budget("page.png");
    budget.compare(used);
    group_digits(found, {true, true}, budget);
  };
  EXPECT_EQ(refusal([&] { group(50'000'000); }), "no refusal");
  EXPECT_EQ(refusal([&] { group(59'950'000); }), kRefusal);
}

// From the bottom of the page, each stroke before the one that it needs: with passes from one end
// only, it took as many as there are strokes.
TEST(WorkBudget, IsEnoughForADrawingThatGrowsByOneStrokeAtATime) {
  std::vector<InkPart> parts = {{{0, 0, 100, 100}, 100'000, 1000, 255}};
  for (int i = 0; i < 20'000; ++i) parts.push_back({{0, 102 + 12 * i, 10, 10}, 2000, 100, 255});
  std::ranges::reverse(parts);
  const auto choose = [&] {
    WorkBudget budget("page.png");
    EXPECT_EQ(std::ranges::count(choose_drawing(parts, 1000, 12, budget), true), 20'001);
    budget.compare(59'000'000);
  };
  EXPECT_EQ(refusal(choose), "no refusal");
}

TEST(WorkBudget, BoundsTheOrderOfManyBoxes) {
  const std::vector<Box> boxes(20'000, Box{1, 1, 10, 10});
  WorkBudget budget("page.png");
  EXPECT_EQ(refusal([&] { reading_order(boxes, budget); }), kRefusal);
  std::vector<Box> page;
  for (int i = 0; i < 60'000; ++i) page.push_back({i % 250 * 30, i / 250 * 30, 20, 20});
  WorkBudget another("page.png");
  const std::vector<int> order = reading_order(page, another);
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(order.size(), page.size());
}

}  // namespace
}  // namespace tally
