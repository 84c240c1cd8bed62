// SPDX-License-Identifier: MIT
#include "tally/core/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tally/core/error.hpp"

namespace tally {
namespace {

using testing::ElementsAre;

std::string refusal(const std::string& text) {
  try {
    csv_rows(text, "my.csv");
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(Csv, HasRowsOfAnyNumberOfFields) {
  EXPECT_THAT(csv_rows("a,b\r\n1,\n\n2", "my.csv"),
              ElementsAre(CsvRow{"a", "b"}, CsvRow{"1", ""}, CsvRow{""}, CsvRow{"2"}));
  EXPECT_TRUE(csv_rows("", "my.csv").empty());
}

TEST(Csv, LeavesOutBlanksAroundFields) {
  EXPECT_THAT(csv_rows(" a ,\tb c\t\n \"d \" ,e\n", "my.csv"),
              ElementsAre(CsvRow{"a", "b c"}, CsvRow{"d ", "e"}));
}

TEST(Csv, KeepsCommasMarksAndLineBreaksWithinQuotationMarks) {
  EXPECT_THAT(
      csv_rows("\"dense:50,tanh,dense:10\",\"say \"\"no\"\"\"\n\"two\nlines\",\"\"\n", "x"),
      ElementsAre(CsvRow{"dense:50,tanh,dense:10", "say \"no\""}, CsvRow{"two\nlines", ""}));
}

TEST(Csv, NamesTheLineOfAMarkThatDoesNotMatch) {
  EXPECT_EQ(refusal("a\nb,\"c\nd\n"),
            "my.csv: line 2: a quotation mark opens here, and none closes");
  EXPECT_EQ(refusal("a\n\"b\"c\n"),
            "my.csv: line 2: expected a comma or the end of the line behind a quotation mark");
}

TEST(Csv, GivesBackWhatItWrites) {
  const CsvRow row = {"", "a", "b c", " d", "e,f", "\"", "g\nh", "i\r", "\"\"j"};
  EXPECT_THAT(csv_rows(csv_line(row) + csv_line({""}), "x"), ElementsAre(row, CsvRow{""}));
  EXPECT_EQ(csv_line({"a", "b,c", "d\"e"}), "a,\"b,c\",\"d\"\"e\"\n");
}

}  // namespace
}  // namespace tally
