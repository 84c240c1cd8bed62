// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "tally/image/decode.hpp"
#include "tally/image/digit_image.hpp"

namespace tally {
namespace {

std::vector<std::filesystem::path> drawings() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(TALLY_DRAWINGS_DIR)) {
    paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

TEST(Drawings, CoverAllClasses) {
  std::set<char> classes;
  for (const auto& path : drawings()) classes.insert(path.filename().string().front());
  EXPECT_EQ(std::string(classes.begin(), classes.end()), "0123456789");
}

TEST(Drawings, LookLikeDigitsOfMnistWhenPrepared) {
  ASSERT_EQ(drawings().size(), 12U);
  for (const auto& path : drawings()) {
    const auto prepared = prepare_digit(read_image(path));
    ASSERT_TRUE(prepared) << path;
    EXPECT_EQ(std::max(prepared->resized.width, prepared->resized.height), 20) << path;
    const auto& pixels = prepared->digit.pixels;
    EXPECT_GE(*std::ranges::max_element(pixels), 250) << path;
    const double mean = std::accumulate(pixels.begin(), pixels.end(), 0.0) / 784;
    EXPECT_GT(mean, 8) << path;  // MNIST's own are between 3 and 105, half of them 27 to 39
    EXPECT_LT(mean, 60) << path;
  }
}

// Where the script drew them, upright: the crop is neither a speck nor the page.
TEST(Drawings, AreFoundOnTheirPages) {
  const auto box = [](const char* name) {
    return prepare_digit(read_image(std::filesystem::path(TALLY_DRAWINGS_DIR) / name))->box;
  };
  const Box small = box("2-small-on-large-page.png");
  EXPECT_NEAR(small.x + small.width / 2, 2400, 4);
  EXPECT_NEAR(small.y + small.height / 2, 1530, 4);
  const Box sideways = box("7-photo-held-sideways.jpg");
  EXPECT_NEAR(sideways.x + sideways.width / 2, 250, 4);
  EXPECT_NEAR(sideways.y + sideways.height / 2, 330, 4);
  const Box specked = box("7-red-pen-with-specks.png");
  EXPECT_NEAR(specked.x + specked.width / 2, 340, 4);
  EXPECT_NEAR(specked.y + specked.height / 2, 230, 4);
}

}  // namespace
}  // namespace tally
