// SPDX-License-Identifier: MIT
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

#include "tally/image/digit_image.hpp"

namespace tally {
namespace {

// The 28 x 28 images of an IDX file, compressed or not (zlib reads both). The layer `data` has the
// real reader; this layer may not include it.
std::vector<GreyImage> read_images(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  std::array<unsigned char, 16> header{};
  gzread(file, header.data(), header.size());
  std::vector<GreyImage> images;
  GreyImage image(28, 28);
  while (gzread(file, image.pixels.data(), 784) == 784) images.push_back(image);
  gzclose(file);
  return images;
}

// 9,996 when it was written: in three the longer side is 19, in one a faint stroke lies off.
TEST(PrepareDigit, ChangesNothingInMnistsTestImages) {
  const char* directory = std::getenv("TALLY_MNIST_DIR");
  if (directory == nullptr) GTEST_SKIP() << "TALLY_MNIST_DIR is not set";
  std::string path = std::string(directory) + "/t10k-images-idx3-ubyte";
  if (!std::filesystem::exists(path)) path += ".gz";
  ASSERT_TRUE(std::filesystem::exists(path)) << path;
  const std::vector<GreyImage> images = read_images(path);
  ASSERT_EQ(images.size(), 10000U);
  int identical = 0;
  int identical_inverted = 0;
  for (const GreyImage& image : images) {
    GreyImage inverted = image;
    for (std::uint8_t& pixel : inverted.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
    const auto prepared = prepare_digit(image);
    const auto prepared_inverted = prepare_digit(inverted);
    if (prepared && prepared->digit == image) ++identical;
    if (prepared_inverted && prepared_inverted->digit == image) ++identical_inverted;
  }
  RecordProperty("identical", identical);
  EXPECT_GE(identical, 9990);
  EXPECT_EQ(identical_inverted, identical);
}

}  // namespace
}  // namespace tally
