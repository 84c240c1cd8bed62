// SPDX-License-Identifier: MIT
#include "tally/data/data_directory.hpp"

#include <gtest/gtest.h>

#include "idx_fixtures.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

// Works in a directory of its own.
class DataDirectoryTest : public testing::Test {
 protected:
  DataDirectoryTest() { fs::current_path(directory_.path()); }
  ~DataDirectoryTest() override { fs::current_path(before_); }

  fs::path before_ = fs::current_path();
  TemporaryDirectory directory_;
};

TEST_F(DataDirectoryTest, IsWhatIsAskedForBeItThereOrNot) {
  EXPECT_EQ(data_directory("no/such/place"), "no/such/place");
}

TEST_F(DataDirectoryTest, IsMnistBeforeTheDigitsBelowTheCurrentDirectory) {
  fs::create_directories("data/digits");
  EXPECT_EQ(data_directory(""), "data/digits");
  fs::create_directories("data/mnist");
  EXPECT_EQ(data_directory(""), "data/mnist");
}

TEST_F(DataDirectoryTest, NamesAllPlacesIfThereIsNone) {
  std::string expected =
      "--data: expected a directory, and none of the default ones exists: data/mnist, "
      "data/digits, ";
  EXPECT_EQ(error_of([] { data_directory(""); }).substr(0, expected.size()), expected);
}

}  // namespace
}  // namespace tally
