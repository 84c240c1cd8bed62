// SPDX-License-Identifier: MIT
// Pages that somebody has made to keep a program busy, or to take its memory.
#include "tally/image/work_budget.hpp"

#include <algorithm>
#include <ctime>
#include <functional>

#include <gtest/gtest.h>

#include "tally/core/error.hpp"
#include "tally/image/digit_groups.hpp"
#include "tally/image/digit_image.hpp"

namespace tally {
namespace {

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

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

/// Ink: two combs whose teeth reach between each other's: two parts of many runs, near everywhere.
GreyImage combs(int side, int pitch) {
  GreyImage ink(side, side);
  for (int y = 10; y < side - 10; ++y) {
    for (int x = 10; x < side - 20; ++x) {
      const bool is_upper = y < side - 20 && ((x - 10) % pitch == 0 || y < 12);
      const bool is_lower = y >= 20 && ((x - 10) % pitch == pitch / 2 || y >= side - 12);
      if (is_upper || is_lower) ink.at(x, y) = 255;
    }
  }
  return ink;
}

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
  budget.compare(100'000'000);
  EXPECT_EQ(refusal([&] { budget.compare(); }), kRefusal);
  budget.copy(4'000'000, 10);
  EXPECT_EQ(refusal([&] { budget.copy(1, 10); }), kRefusal);
  WorkBudget of_large_page("page.png");
  of_large_page.copy(9'000'000, 9'000'000);
  EXPECT_EQ(refusal([&] { of_large_page.copy(1, 9'000'000); }), kRefusal);
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
