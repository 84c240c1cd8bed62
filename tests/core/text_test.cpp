// SPDX-License-Identifier: MIT
#include "tally/core/text.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(Grouped, SeparatesThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1 000");
  EXPECT_EQ(grouped(47040016), "47 040 016");
  EXPECT_EQ(grouped(-123456), "-123 456");
  EXPECT_EQ(grouped(-123), "-123");
}

TEST(Counted, UsesThePlural) {
  EXPECT_EQ(counted(1, "rank"), "1 rank");
  EXPECT_EQ(counted(0, "rank"), "0 ranks");
  EXPECT_EQ(counted(2000, "rank"), "2 000 ranks");
}

TEST(HexText, WritesTwoDigitsAByte) {
  EXPECT_EQ(hex_text(std::as_bytes(std::span("\x00\x08\xAF", 3))), "00 08 AF");
  EXPECT_EQ(hex_text({}), "");
}

TEST(Printable, ShowsControlCharactersAndCutsLongTexts) {
  EXPECT_EQ(printable("d\xC3\xA9j\xC3\xA0 \"vu\""), "d\xC3\xA9j\xC3\xA0 \"vu\"");
  EXPECT_EQ(printable(std::string_view("a\0b\n\x1B[31m\x7F", 10)), "a\\x00b\\x0A\\x1B[31m\\x7F");
  std::string text(1000, 'x');
  EXPECT_EQ(printable(text), text);
  text += "yz";
  EXPECT_EQ(printable(text).substr(999), "x...");
}

TEST(ParseNumber, TakesTheWholeText) {
  int number = 0;
  EXPECT_TRUE(parse_number("-12", number));
  EXPECT_EQ(number, -12);
  double fraction = 0;
  EXPECT_TRUE(parse_number("2.5", fraction));
  EXPECT_EQ(fraction, 2.5);
  for (const char* text : {"", "1x", " 1", "1 ", "+1", "99999999999"}) {
    EXPECT_FALSE(parse_number(text, number)) << text;
  }
}

}  // namespace
}  // namespace tally
