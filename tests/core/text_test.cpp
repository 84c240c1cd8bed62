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

TEST(TextView, HasAllBytes) {
  const std::string text("a\0\xFF\n", 4);
  EXPECT_EQ(text_view(std::as_bytes(std::span(text))), text);
  EXPECT_EQ(text_view({}), "");
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

TEST(Printable, ShowsWhatSteersATerminalOrTheDirectionOfWriting) {
  EXPECT_EQ(printable("a\xC2\x9B"
                      "31mb"),
            "a\\xC2\\x9B31mb");  // C1 as a character
  EXPECT_EQ(printable("a\x9B"
                      "31m\xE9"),
            "a\\x9B31m\\xE9");                                            // and as a byte
  EXPECT_EQ(printable("\xE2\x80\xAEtxt.exe"), "\\xE2\\x80\\xAEtxt.exe");  // right to left
  EXPECT_EQ(printable("\xE2\x81\xA6|\xD8\x9C|\xE2\x80\xA8"),
            "\\xE2\\x81\\xA6|\\xD8\\x9C|\\xE2\\x80\\xA8");
  const std::string harmless = "\xC2\xA0\xD7\xA9\xE2\x80\x9C\xF0\x9F\x98\x80";
  EXPECT_EQ(printable(harmless), harmless);
}

TEST(Printable, DoesNotCutACharacter) {
  std::string text(998, 'x');
  text += "\xC3\xA9";
  EXPECT_EQ(printable(text).substr(998), "\xC3\xA9");
  EXPECT_EQ(printable('x' + text).substr(998), "x...");
}

TEST(PrintableLine, KeepsAllOfALongMessageAndChangesNothingTwice) {
  std::string text(5000, 'x');
  std::string shown = text;
  text += "\n\x1B[2K";
  shown += "\\x0A\\x1B[2K";
  EXPECT_EQ(printable_line(text), shown);
  EXPECT_EQ(printable_line(shown), shown);
  EXPECT_EQ(printable_lines("a\n\x1B\r\n"), "a\n\\x1B\\x0D\n");
}

TEST(UnicodeEscaped, WritesWhatJsonAndTomlRead) {
  EXPECT_EQ(unicode_escaped("\"\x1B\x7F\xC2\x9B\xE2\x80\xAE\xC3\xA9\""),
            "\"\\u001b\\u007f\\u009b\\u202e\xC3\xA9\"");
}

TEST(Utf8Bytes, KnowsWhatIsNoCharacter) {
  EXPECT_EQ(utf8_bytes("a"), 1U);
  EXPECT_EQ(utf8_bytes("\xF0\x9F\x98\x80!"), 4U);
  for (const char* text : {"", "\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80",
                           "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(utf8_bytes(text), 0U) << text;
  }
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
