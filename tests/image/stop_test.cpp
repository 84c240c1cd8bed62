// SPDX-License-Identifier: MIT
// That the preparation of a page can be stopped soon, whatever the page keeps it busy with.
#include <algorithm>
#include <functional>
#include <optional>

#include <gtest/gtest.h>

#include "busy_page.hpp"
#include "tally/core/stop_point.hpp"
#include "tally/image/digit_groups.hpp"
#include "tally/image/digit_image.hpp"
#include "tally/image/ink_parts.hpp"
#include "tally/image/png_codec.hpp"

namespace tally {
namespace {

/// Many strokes, each near some others.
GreyImage dashes(int side) {
  GreyImage page(side, side, 255);
  for (int y = 0; y < side; y += 2) {
    for (int x = y * 37 % 34; x + 20 < side; x += 34) {
      std::fill_n(page.row(y) + x, 20, std::uint8_t{0});
    }
  }
  return page;
}

GreyImage ruled(int side) {
  GreyImage page(side, side, 255);
  for (int y = 0; y < side; y += 40) std::fill_n(page.row(y), side, std::uint8_t{100});
  for (int y = side / 3; y < side / 2; ++y)
    std::fill_n(page.row(y) + side / 2, 30, std::uint8_t{0});
  return page;
}

/// The most processor time between two questions, or before the first, or after the last.
double longest_silence(const std::function<void()>& work) {
  double last = processor_seconds(), longest = 0;
  const std::function<bool()> note = [&] {
    const double now = processor_seconds();
    longest = std::max(longest, now - last);
    last = now;
    return false;
  };
  const Stoppable stoppable(note);
  work();
  note();
  return longest;
}

constexpr double kSeconds = 0.3;  // a few passes over the pixels, with sanitizers too

TEST(Stop, IsAskedForWhilePagesArePrepared) {
  for (const Digits digits : {Digits::kOne, Digits::kSeveral}) {
    EXPECT_LT(longest_silence([=] { prepare_page(dashes(600), digits); }), kSeconds);
    EXPECT_LT(longest_silence([=] { prepare_page(ruled(1500), digits); }), kSeconds);
  }
}

TEST(Stop, IsAskedForWhileDigitsAreGrouped) {
  const InkParts found = find_parts(combs(450, 10), 12);
  const std::vector<bool> all(found.parts.size(), true);
  EXPECT_LT(longest_silence([&] {
              WorkBudget budget("page.png");
              group_digits(found, all, budget);
            }),
            kSeconds);
}

/// How often it was asked until the end, if it is to stop from the question of that number on;
/// nothing if the page was prepared before.
std::optional<int> questions(const GreyImage& page, Digits digits, int number) {
  int asked = 0;
  const std::function<bool()> should_stop = [&] { return ++asked >= number; };
  const Stoppable stoppable(should_stop);
  try {
    prepare_page(page, digits);
  } catch (const Stopped&) {
    return asked;
  }
  return std::nullopt;
}

TEST(Stop, EndsAtTheFirstQuestionThatIsAnsweredSo) {
  for (const Digits digits : {Digits::kOne, Digits::kSeveral}) {
    int number = 1;
    for (; questions(ruled(200), digits, number); number = 1 + number * 5 / 4) {
      EXPECT_EQ(questions(ruled(200), digits, number), number);
    }
    EXPECT_GT(number, 500);
  }
}

TEST(Stop, EndsTheDecodingOfAPng) {
  const std::vector<std::byte> file = encode_png(ruled(400));
  int asked = 0;
  const std::function<bool()> should_stop = [&] { return ++asked >= 10; };
  const Stoppable stoppable(should_stop);
  EXPECT_THROW(decode_png(file, "a.png", {}), Stopped);
  EXPECT_LE(asked, 11);
}

}  // namespace
}  // namespace tally
