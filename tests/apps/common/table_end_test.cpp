// SPDX-License-Identifier: MIT
#include "common/table_end.hpp"

#include <gmock/gmock.h>

#include "state/config_fixtures.hpp"
#include "support/temporary_directory.hpp"

namespace tally {
namespace {

using testing::HasSubstr;

class TableEndTest : public testing::Test {
 protected:
  [[nodiscard]] TableRow row_of(std::string_view table) const {
    return last_row(directory_.write("t.csv", table));
  }

  TemporaryDirectory directory_;
};

TEST_F(TableEndTest, IsTheLastRowByItsColumns) {
  EXPECT_EQ(row_of("a,b\n1,2\n3,4\n"), (TableRow{{"a", "3"}, {"b", "4"}}));
  EXPECT_EQ(row_of("a,b\n\"x,y\",\n"), (TableRow{{"a", "x,y"}, {"b", ""}}));
}

TEST_F(TableEndTest, IsFoundInALongTable) {
  std::string table = "step,loss\n";
  for (int i = 1; i <= 10'000; ++i) table += std::to_string(i) + ",0.5\n";
  EXPECT_EQ(row_of(table).at("step"), "10000");
}

TEST_F(TableEndTest, PassesOverALineThatIsStillBeingWritten) {
  EXPECT_EQ(row_of("a,b\n1,2\n3,4").at("a"), "1");
  EXPECT_EQ(row_of("a,b\n1,"), TableRow());
}

TEST_F(TableEndTest, IsEmptyWithoutARow) {
  EXPECT_EQ(row_of(""), TableRow());
  EXPECT_EQ(row_of("a,b\n"), TableRow());
  EXPECT_EQ(row_of("a,b"), TableRow());
  EXPECT_EQ(last_row(directory_.path() / "none.csv"), TableRow());
}

TEST_F(TableEndTest, RefusesARowOfOtherFieldsThanTheFirstLine) {
  EXPECT_THAT(failure_of([&] { static_cast<void>(row_of("a,b\n1,2,3\n")); }),
              testing::AllOf(testing::StartsWith("exit 1: "),
                             HasSubstr("t.csv: is damaged: expected 2 fields in the last line, "
                                       "got 3")));
  EXPECT_THAT(failure_of([&] { last_row(directory_.path()); }), testing::StartsWith("exit 1: "));
}

TEST(NumberIn, IsAFiniteNumberOrNothing) {
  const TableRow row = {{"a", "0.25"}, {"b", ""}, {"c", "nan"}, {"d", "inf"}, {"e", "1x"}};
  EXPECT_EQ(number_in(row, "a"), 0.25);
  for (const char* column : {"b", "c", "d", "e", "f"}) {
    EXPECT_EQ(number_in(row, column), std::nullopt) << column;
  }
}

TEST_F(TableEndTest, TellsWhenAFileWasWritten) {
  const std::time_t before = std::time(nullptr);
  const auto path = directory_.write("a", "");
  ASSERT_TRUE(time_of(path));
  EXPECT_NEAR(static_cast<double>(*time_of(path)), static_cast<double>(before), 60);
  EXPECT_EQ(time_of(directory_.path() / "none"), std::nullopt);
}

}  // namespace
}  // namespace tally
