// SPDX-License-Identifier: MIT
#include "tally/data/split_reader.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "idx_fixtures.hpp"
#include "tally/core/error.hpp"

namespace tally {
namespace {

// 1 000 images of 2 x 3 pixels, see idx_fixtures.hpp.
SplitFiles write_split(const TemporaryDirectory& directory, const std::string& images,
                       const std::string& labels) {
  return {directory.write("images", images), directory.write("labels", labels)};
}

TEST(SplitReader, HasEveryImageWithItsLabelInOrder) {
  const TemporaryDirectory directory;
  SplitReader reader(write_split(directory, good_images(), good_labels()));
  EXPECT_EQ(reader.count(), 1000);
  EXPECT_EQ(reader.rows(), 2);
  EXPECT_EQ(reader.columns(), 3);
  const std::string expected = good_images().substr(16);
  std::int64_t next = 0;
  while (const auto image = reader.next()) {
    ASSERT_EQ(image->index, next++);
    ASSERT_EQ(image->label, image->index * 7 % 10);
    const auto* pixels = reinterpret_cast<const char*>(image->pixels.data());
    ASSERT_EQ(std::string(pixels, image->pixels.size()),
              expected.substr(static_cast<std::size_t>(image->index) * 6, 6));
  }
  EXPECT_EQ(next, 1000);
  EXPECT_EQ(reader.images_digest(), sha256(as_bytes(good_images())));
  EXPECT_EQ(reader.labels_digest(), sha256(as_bytes(good_labels())));
  EXPECT_FALSE(reader.next());
}

// One chunk of images is 256 KiB.
TEST(SplitReader, ReadsMoreImagesThanItHolds) {
  constexpr std::size_t kImages = 700;
  constexpr std::size_t kImageBytes = 30 * 30;
  const TemporaryDirectory directory;
  const std::string pixels = noise(kImages * kImageBytes);
  SplitReader reader(write_split(directory, image_header(kImages, 30, 30) + pixels,
                                 label_header(kImages) + zeros(kImages)));
  std::size_t at = 0;
  while (const auto image = reader.next()) {
    const auto* own = reinterpret_cast<const char*>(image->pixels.data());
    ASSERT_EQ(std::string(own, image->pixels.size()), pixels.substr(at, kImageBytes)) << at;
    at += kImageBytes;
  }
  EXPECT_EQ(at, pixels.size());
}

TEST(SplitReader, RefusesOtherCountsOfImagesAndLabels) {
  const TemporaryDirectory directory;
  SplitReader reader(write_split(directory, good_images(), label_header(1) + "\x01"));
  EXPECT_THROW(reader.next(), Error);
}

TEST(SplitReader, RefusesLabelsThatAreNoClass) {
  const TemporaryDirectory directory;
  SplitReader reader(write_split(directory, good_images(), good_labels()), 9);
  EXPECT_THROW(reader.next(), Error);
}

TEST(SplitReader, VerifiesTheEndOfTheFile) {
  const TemporaryDirectory directory;
  SplitReader reader(write_split(directory, good_images() + "x", good_labels()));
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(reader.next());
  EXPECT_THROW(reader.next(), Error);
}

}  // namespace
}  // namespace tally
