// SPDX-License-Identifier: MIT
#include "data/digit_collection.hpp"

#include <set>

#include <gmock/gmock.h>

#include "image/page_fixture.hpp"
#include "state/config_fixtures.hpp"
#include "support/temporary_directory.hpp"
#include "tally/image/png_codec.hpp"

namespace tally {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DigitCollectionTest : public testing::Test {
 protected:
  std::string put_png(const std::string& name, const GreyImage& page) const {
    const std::vector<std::byte> png = encode_png(page);
    std::filesystem::create_directories((directory_.path() / name).parent_path());
    return directory_.write(name, {reinterpret_cast<const char*>(png.data()), png.size()}).string();
  }

  /// `columns` x `rows` cells of 40 x 40, a stroke in each but those that stay blank.
  [[nodiscard]] std::string put_sheet(int columns, int rows, std::set<int> blank = {}) const {
    GreyImage ink(40 * columns, 40 * rows);
    for (int i = 0; i < columns * rows; ++i) {
      const int x = 40 * (i % columns), y = 40 * (i / columns);
      if (!blank.contains(i)) draw_stroke(ink, x + 15, y + 10, x + 20, y + 30, 4);
    }
    return put_png("sheet.png", paint(ink, 240, 30));
  }

  static std::vector<std::size_t> counts_of(const DigitCollection& collection) {
    std::vector<std::size_t> counts;
    for (const auto& digits : collection.digits) counts.push_back(digits.size());
    return counts;
  }

  static SheetLayout cells(const std::string& size, int classes = 10) {
    SheetLayout layout;
    layout.cell = size;
    layout.classes = classes;
    return layout;
  }
  static SheetLayout grid(const std::string& size, const std::string& labels, int classes = 10) {
    SheetLayout layout;
    layout.grid = size;
    layout.labels = labels;
    layout.classes = classes;
    return layout;
  }

  [[nodiscard]] std::string refusal(const std::string& sheet, const SheetLayout& layout) const {
    return failure_of([&] { static_cast<void>(collect_sheet(sheet, layout)); });
  }

  TemporaryDirectory directory_;
};

TEST_F(DigitCollectionTest, OfFoldersHasTheDrawingsOfEachClass) {
  const GreyImage page = paint(seven(100, 100, 30, 20, 60, 7), 240, 30);
  put_png("set/0/a.png", page);
  put_png("set/2/b.png", page);
  put_png("set/2/a.png", GreyImage(50, 50, 240));
  put_png("set/2/c.png", page);
  std::filesystem::create_directory(directory_.path() / "set" / "256");
  std::filesystem::create_directory(directory_.path() / "set" / "mine");
  const DigitCollection found = collect_folders(directory_.path() / "set");
  EXPECT_THAT(counts_of(found), ElementsAre(1, 0, 2));
  EXPECT_THAT(found.unused,
              ElementsAre(testing::EndsWith("set/2/a.png: has no ink"),
                          testing::EndsWith("256: is no folder of a class, named 0, 1, ... 255"),
                          HasSubstr("mine: is no folder of a class")));
  expect_prepared(found.digits[0][0]);
}

TEST_F(DigitCollectionTest, OfASheetHasOneClassAfterTheOther) {
  const std::string sheet = put_sheet(4, 2);
  EXPECT_THAT(counts_of(collect_sheet(sheet, cells("40x40", 2))), ElementsAre(4, 4));
  EXPECT_THAT(counts_of(collect_sheet(sheet, grid("4x2", "", 4))), ElementsAre(2, 2, 2, 2));
}

TEST_F(DigitCollectionTest, OfASheetWithLabelsRepeatsThem) {
  const std::string sheet = put_sheet(4, 2, {5});
  const DigitCollection found = collect_sheet(sheet, grid("4x2", "01-0"));
  EXPECT_THAT(counts_of(found), ElementsAre(4, 1));
  EXPECT_THAT(found.unused,
              ElementsAre(testing::EndsWith("sheet.png: cell 5 (row 2, column 2): has no ink")));
  EXPECT_EQ(counts_of(collect_sheet(sheet, grid("4x2", "10,-"))).size(), 11U);
}

TEST_F(DigitCollectionTest, RefusesALayoutThatDoesNotFit) {
  const std::string sheet = put_sheet(4, 2);
  SheetLayout both = cells("40x40");
  both.grid = "4x2";
  EXPECT_THAT(refusal(sheet, both), HasSubstr("expected one of them"));
  for (const char* size : {"40", "40x", "x40", "0x40", "-4x4", "40x40x40"}) {
    EXPECT_THAT(refusal(sheet, cells(size)), HasSubstr("--cell: expected a size as 20x20")) << size;
  }
  EXPECT_THAT(refusal(sheet, cells("4x4")), HasSubstr("expected cells of at least 8 x 8"));
  EXPECT_THAT(refusal(sheet, grid("40x2", "")), HasSubstr("expected cells of at least 8 x 8"));
  EXPECT_THAT(refusal(sheet, grid("4x2", "012")), HasSubstr("expected a multiple of 3 cells"));
  EXPECT_THAT(refusal(sheet, grid("4x2", "", 3)),
              HasSubstr("expected a multiple of 3 cells, one class after the other, got 8"));
  for (const char* labels : {"0a", "1,256", "1,,2", "1, 2"}) {
    EXPECT_THAT(refusal(sheet, grid("4x2", labels)), HasSubstr("--labels: expected")) << labels;
  }
}

TEST_F(DigitCollectionTest, RefusesAFileWhereItExpectsFolders) {
  const std::string sheet = put_sheet(1, 1);
  EXPECT_THAT(failure_of([&] { static_cast<void>(collect_folders(sheet)); }),
              HasSubstr("sheet.png: expected a directory with a folder per class, or a sheet"));
}

}  // namespace
}  // namespace tally
