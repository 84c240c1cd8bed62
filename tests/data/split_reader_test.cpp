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

TEST(SplitReader, VisitsEveryImageWithItsLabelInOrder) {
  const TemporaryDirectory directory;
  SplitReader reader(write_split(directory, good_images(), good_labels()));
  EXPECT_EQ(reader.count(), 1000);
  EXPECT_EQ(reader.rows(), 2);
  EXPECT_EQ(reader.columns(), 3);
  const std::string expected = good_images().substr(16);
  std::int64_t next = 0;
  reader.read_all(
      10, [&](std::int64_t index, std::uint8_t label, std::span<const std::uint8_t> pixels) {
        ASSERT_EQ(index, next++);
        ASSERT_EQ(label, index * 7 % 10);
        const auto* image = reinterpret_cast<const char*>(pixels.data());
        ASSERT_EQ(std::string(image, pixels.size()),
                  expected.substr(static_cast<std::size_t>(index) * 6, 6));
      });
  EXPECT_EQ(next, 1000);
  EXPECT_EQ(reader.images_digest(), sha256(as_bytes(good_images())));
  EXPECT_EQ(reader.labels_digest(), sha256(as_bytes(good_labels())));
}

TEST(SplitReader, RefusesOtherCountsOfImagesAndLabels) {
  const TemporaryDirectory directory;
  SplitReader reader(write_split(directory, good_images(), label_header(1) + "\x01"));
  EXPECT_THROW(reader.read_all(10, [](auto, auto, auto) { FAIL() << "an image was visited"; }),
               Error);
}

TEST(SplitReader, VerifiesTheEndOfTheFile) {
  const TemporaryDirectory directory;
  SplitReader reader(write_split(directory, good_images() + "x", good_labels()));
  EXPECT_THROW(reader.read_all(10, [](auto, auto, auto) {}), Error);
}

TEST(ReadSplit, HoldsTheWholeSplit) {
  const TemporaryDirectory directory;
  const Dataset data = read_split(write_split(directory, good_images(), good_labels()), 10);
  EXPECT_EQ(data.labels.size(), 1000U);
  EXPECT_EQ(data.pixels.size(), 6000U);
  EXPECT_EQ(data.labels[3], 1);
}

}  // namespace
}  // namespace tally
