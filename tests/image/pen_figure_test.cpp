// SPDX-License-Identifier: MIT
#include "tally/image/pen_figure.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "page_fixture.hpp"

namespace tally {
namespace {

GreyImage figure(std::uint32_t item) {
  RandomStream stream(1, Purpose::kFigure, 0, item);
  return pen_figure(stream);
}

TEST(PenFigure, IsPreparedAsADigitIs) {
  for (std::uint32_t item = 0; item < 2'000; ++item) {
    SCOPED_TRACE(item);
    expect_prepared(figure(item));
  }
}

TEST(PenFigure, IsAFunctionOfItsStreamAndAlwaysAnother) {
  std::set<std::vector<std::uint8_t>> seen;
  for (std::uint32_t item = 0; item < 500; ++item) seen.insert(figure(item).pixels);
  EXPECT_EQ(seen.size(), 500U);
  EXPECT_EQ(figure(7), figure(7));
}

TEST(PenFigure, IsThinOrThickOrFull) {
  int thin = 0, full = 0;
  for (std::uint32_t item = 0; item < 500; ++item) {
    const auto inked =
        std::ranges::count_if(figure(item).pixels, [](int ink) { return ink > 127; });
    thin += inked < 60 ? 1 : 0;
    full += inked > 160 ? 1 : 0;
  }
  EXPECT_GT(thin, 25);
  EXPECT_GT(full, 25);
}

}  // namespace
}  // namespace tally
