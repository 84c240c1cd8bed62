// SPDX-License-Identifier: MIT
#include "tally/image/digit_variation.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "page_fixture.hpp"

namespace tally {
namespace {

GreyImage varied(const GreyImage& digit, std::uint32_t item) {
  RandomStream stream(1, Purpose::kVariation, 0, item);
  return varied_digit(digit, stream);
}

GreyImage prepared_seven() {
  return digit_of_ink(seven(100, 100, 20, 20, 60, 9));
}

/// The ink that both have, as a share of the ink that either has.
double overlap(const GreyImage& a, const GreyImage& b) {
  double common = 0, both = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    common += std::min(a.pixels[i], b.pixels[i]);
    both += std::max(a.pixels[i], b.pixels[i]);
  }
  return common / both;
}

TEST(VariedDigit, IsPreparedAgain) {
  for (std::uint32_t item = 0; item < 500; ++item) {
    SCOPED_TRACE(item);
    expect_prepared(varied(prepared_seven(), item));
  }
}

TEST(VariedDigit, IsLikeTheDigitAndAlwaysAnother) {
  const GreyImage digit = prepared_seven();
  std::vector<double> shares;
  for (std::uint32_t item = 0; item < 500; ++item) {
    shares.push_back(overlap(digit, varied(digit, item)));
  }
  std::ranges::sort(shares);
  EXPECT_GT(shares[5], 0.2);  // one in a hundred is bent much
  EXPECT_GT(shares[250], 0.4);
  EXPECT_LT(shares[250], 0.8);
  EXPECT_LT(shares[499], 0.97);
  EXPECT_EQ(varied(digit, 3), varied(digit, 3));
}

TEST(VariedDigit, WithoutAStrokeStaysAsItIs) {
  for (const std::uint8_t ink : {0, 7, 11}) {
    GreyImage faint(kDigitSide, kDigitSide);
    for (int x = 9; x < 19; ++x) faint.at(x, 14) = ink;
    EXPECT_EQ(varied(faint, 1), faint) << int{ink};
  }
}

}  // namespace
}  // namespace tally
