// SPDX-License-Identifier: MIT
#include "tally/image/digit_sheet.hpp"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "tally/core/error.hpp"
#include "tally/image/decode.hpp"
#include "tally/image/digit_image.hpp"

namespace tally {
namespace {

TEST(CutSheet, GivesCellsRowByRow) {
  GreyImage sheet(6, 4);
  for (std::size_t i = 0; i < sheet.pixels.size(); ++i) {
    sheet.pixels[i] = static_cast<std::uint8_t>(i);
  }
  const auto [columns, cells] = cut_sheet(sheet, 3, 2, "sheet.png");
  EXPECT_EQ(columns, 2);
  ASSERT_EQ(cells.size(), 4U);
  EXPECT_EQ(cells[1].pixels, (std::vector<std::uint8_t>{3, 4, 5, 9, 10, 11}));
  EXPECT_EQ(cells[2].pixels, (std::vector<std::uint8_t>{12, 13, 14, 18, 19, 20}));
}

std::string message_of(int cell_width, int cell_height) {
  try {
    cut_sheet(GreyImage(6, 4), cell_width, cell_height, "sheet.png");
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
    return error.what();
  }
  return "";
}

TEST(CutSheet, RefusesCellsThatDoNotFit) {
  EXPECT_EQ(message_of(4, 2),
            "sheet.png: is 6 x 4 pixels, expected whole cells of 4 x 2; check the size of a cell");
  EXPECT_EQ(message_of(0, 2),
            "sheet.png: cannot be cut into cells of 0 x 2 pixels, expected at least 1 x 1");
}

TEST(CutGrid, GivesEveryPixelToOneCell) {
  GreyImage image(7, 5);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(i);
  }
  const auto [columns, cells] = cut_grid(image, 3, 2, "form.png");
  EXPECT_EQ(columns, 3);
  ASSERT_EQ(cells.size(), 6U);
  EXPECT_EQ(cells[0].pixels, (std::vector<std::uint8_t>{0, 1, 7, 8}));
  EXPECT_EQ(cells[5].pixels, (std::vector<std::uint8_t>{18, 19, 20, 25, 26, 27, 32, 33, 34}));
  std::vector<std::uint8_t> all;
  for (const GreyImage& cell : cells) {
    all.insert(all.end(), cell.pixels.begin(), cell.pixels.end());
  }
  std::ranges::sort(all);
  EXPECT_EQ(all, image.pixels);
}

TEST(CutGrid, RefusesMoreCellsThanPixels) {
  EXPECT_NO_THROW(cut_grid(GreyImage(6, 4), 6, 4, "form.png"));
  EXPECT_THROW(cut_grid(GreyImage(6, 4), 7, 4, "form.png"), Error);
  EXPECT_THROW(cut_grid(GreyImage(6, 4), 6, 5, "form.png"), Error);
  EXPECT_THROW(cut_grid(GreyImage(6, 4), 0, 4, "form.png"), Error);
}

TEST(CutGrid, RefusesMoreCellsThanAreRead) {
  const GreyImage page(1000, 1000);
  EXPECT_EQ(cut_grid(page, 400, 250, "form.png").cells.size(), 100'000U);
  try {
    cut_grid(page, 401, 250, "form.png");
    ADD_FAILURE() << "was cut";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
    EXPECT_STREQ(error.what(),
                 "form.png: would be cut into 100 250 cells; at most 100 000 are read");
  }
  EXPECT_THROW(cut_sheet(page, 1, 1, "form.png"), Error);
}

TEST(WithoutMargin, LeavesTheMiddle) {
  GreyImage cell(10, 20, 9);
  cell.at(1, 2) = 7;
  const GreyImage middle = without_margin(cell, 10);
  EXPECT_EQ(middle.box(), (Box{0, 0, 8, 16}));
  EXPECT_EQ(middle.at(0, 0), 7);
  EXPECT_EQ(without_margin(cell, 0), cell);
}

TEST(ClassOfCell, FollowsTheSheet) {
  EXPECT_EQ(class_of_cell(0, 5000, 10), 0);
  EXPECT_EQ(class_of_cell(499, 5000, 10), 0);
  EXPECT_EQ(class_of_cell(500, 5000, 10), 1);
  EXPECT_EQ(class_of_cell(4999, 5000, 10), 9);
}

TEST(CutSheet, LetsAllCellsOfOpenCvsSheetBePrepared) {
  const std::filesystem::path path = "/usr/share/doc/opencv-doc/examples/data/digits.png";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is missing (package opencv-doc)";
  const std::vector<GreyImage> cells = cut_sheet(read_image(path), 20, 20, path.string()).cells;
  ASSERT_EQ(cells.size(), 5000U);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    ASSERT_TRUE(prepare_digit(cells[i]).has_value()) << "cell " << i;
  }
}

}  // namespace
}  // namespace tally
