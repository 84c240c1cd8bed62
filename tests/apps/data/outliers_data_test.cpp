// SPDX-License-Identifier: MIT
#include "data/outliers_data.hpp"

#include <gmock/gmock.h>

#include "state/config_fixtures.hpp"
#include "support/temporary_directory.hpp"
#include "tally/data/dataset.hpp"
#include "tally/data/idx_file.hpp"
#include "tally/image/edge_directions.hpp"

namespace tally {
namespace {

class OutliersDataTest : public testing::Test {
 protected:
  /// Squares of different places, of the classes 0 to 2.
  void put_digits(std::int64_t rows = 28) const {
    std::filesystem::create_directory(digits_);
    for (const auto& [split, count] : {std::pair(Split::kTrain, 6), std::pair(Split::kTest, 3)}) {
      std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count * rows * 28)), labels;
      for (int i = 0; i < count; ++i) {
        labels.push_back(static_cast<std::uint8_t>(i % 3));
        for (std::size_t j = 0; j < 60; ++j) {
          pixels[static_cast<std::size_t>(i) * 28 * static_cast<std::size_t>(rows) + 200 + j] = 255;
        }
      }
      write_idx_images(digits_ / idx_file_name(split, IdxContent::kImages), rows, 28, pixels);
      write_idx_labels(digits_ / idx_file_name(split, IdxContent::kLabels), labels);
    }
  }

  [[nodiscard]] OutliersDataOptions options(const std::string& target, int threads) const {
    OutliersDataOptions options;
    options.digits = digits_.string();
    options.target = (directory_.path() / target).string();
    options.threads = threads;
    return options;
  }

  [[nodiscard]] Dataset read(const std::string& target, Split split) const {
    return read_split(find_split_files(directory_.path() / target, split), 256);
  }

  TemporaryDirectory directory_;
  std::filesystem::path digits_ = directory_.path() / "digits";
};

TEST_F(OutliersDataTest, HasDigitsVariantsAndAsManyOutliers) {
  put_digits();
  const OutliersDataResult result = make_outliers_data(options("out", 1));
  EXPECT_EQ(result.outlier_class, 3);
  EXPECT_EQ(result.train_images, 36);
  EXPECT_EQ(result.test_images, 6);
  const Dataset train = read("out", Split::kTrain);
  EXPECT_EQ(train.rows * train.columns, kEdgeValues);
  std::vector<std::uint8_t> expected;
  for (std::size_t i = 0; i < 18; ++i) expected.push_back(static_cast<std::uint8_t>(i % 3));
  expected.resize(36, 3);
  EXPECT_EQ(train.labels, expected);
  EXPECT_EQ(read("out", Split::kTest).labels, (std::vector<std::uint8_t>{0, 1, 2, 3, 3, 3}));
}

TEST_F(OutliersDataTest, DoesNotDependOnThreadsButOnItsSeed) {
  put_digits();
  make_outliers_data(options("a", 1));
  make_outliers_data(options("b", 3));
  OutliersDataOptions other = options("c", 1);
  other.seed = 2;
  make_outliers_data(other);
  for (const Split split : {Split::kTrain, Split::kTest}) {
    EXPECT_EQ(read("a", split).pixels, read("b", split).pixels);
    EXPECT_NE(read("a", split).pixels, read("c", split).pixels);
  }
}

TEST_F(OutliersDataTest, RefusesImagesOfAnotherSize) {
  put_digits(27);
  EXPECT_THAT(failure_of([&] { make_outliers_data(options("out", 1)); }),
              testing::HasSubstr("expected images of 28 x 28, got 27 x 28"));
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "out"));
}

}  // namespace
}  // namespace tally
