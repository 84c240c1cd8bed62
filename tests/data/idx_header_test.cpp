// SPDX-License-Identifier: MIT
#include "tally/data/idx_header.hpp"

#include <gtest/gtest.h>

#include "idx_fixtures.hpp"

namespace tally {
namespace {

IdxShape parse(IdxContent content, const std::string& start) {
  return parse_idx_header("f", content, as_bytes(start));
}

TEST(IdxHeader, ReadsBigEndianSizes) {
  EXPECT_EQ(parse(IdxContent::kImages, image_header(60000, 28, 29)), (IdxShape{60000, 28, 29}));
  EXPECT_EQ(parse(IdxContent::kLabels, label_header(0x01020304)), (IdxShape{0x01020304, 1, 1}));
}

TEST(IdxHeader, TakesTheSizesAtItsLimits) {
  EXPECT_EQ(parse(IdxContent::kImages, image_header(1, 1, 1)), (IdxShape{1, 1, 1}));
  const IdxShape largest{kIdxLargestCount, kIdxLargestSide, kIdxLargestSide};
  EXPECT_EQ(parse(IdxContent::kImages, image_header(0x7FFFFFFF, 4096, 4096)), largest);
  EXPECT_EQ(largest.count * largest.item_bytes(), 36028797002186752);
}

TEST(IdxHeader, WritesWhatItReads) {
  const IdxShape shape{0x7F020304, 300, 4096};
  const auto header = make_idx_header(IdxContent::kImages, shape);
  EXPECT_EQ(parse_idx_header("f", IdxContent::kImages, header), shape);
  EXPECT_EQ(header.size(), idx_header_bytes(IdxContent::kImages));
  const std::string expected = label_header(258);
  const auto labels = make_idx_header(IdxContent::kLabels, {.count = 258});
  EXPECT_TRUE(std::ranges::equal(labels, as_bytes(expected)));
}

TEST(IdxHeader, ReadsAndWritesChannels) {
  const std::string start = bytes({0, 0, 8, 4, 0, 0, 0, 7, 0, 0, 0, 28, 0, 0, 0, 30, 0, 0, 0, 3});
  const IdxShape shape{7, 28, 30, 3};
  EXPECT_EQ(idx_header_bytes(IdxContent::kImages, as_bytes(start)), 20U);
  EXPECT_EQ(parse(IdxContent::kImages, start), shape);
  EXPECT_EQ(shape.item_bytes(), 28 * 30 * 3);
  EXPECT_TRUE(std::ranges::equal(make_idx_header(IdxContent::kImages, shape), as_bytes(start)));
  const IdxShape grey{7, 28, 30, 1};
  EXPECT_EQ(make_idx_header(IdxContent::kImages, grey).size(), 16U);
  std::string one = start;
  one.back() = 1;  // a fourth size of one channel
  EXPECT_EQ(parse(IdxContent::kImages, one), grey);
  for (const char wrong : {'\0', '\5'}) {
    one.back() = wrong;
    EXPECT_EQ(error_of([&] { parse(IdxContent::kImages, one); }),
              fmt::format("f: claims images of {} channels, expected 1 to 4 (grey; grey and alpha; "
                          "red, green and blue; these and alpha) as the last size; convert it to "
                          "that order",
                          static_cast<int>(wrong)));
  }
  EXPECT_EQ(error_of([&] { parse(IdxContent::kImages, start.substr(0, 18)); }),
            "f: truncated in its header (expected 20 bytes, got 18); download it again");
}

TEST(IdxHeader, NamesEveryElementType) {
  const auto message = [](int type) {
    return error_of([&] { parse(IdxContent::kLabels, bytes({0, 0, type, 1, 0, 0, 0, 1})); });
  };
  const auto expected = [](const std::string& type) {
    return "f: has elements of type " + type +
           ", expected 0x08 (unsigned byte); convert its values to bytes of 0 to 255";
  };
  EXPECT_EQ(message(0x09), expected("0x09 (signed byte)"));
  EXPECT_EQ(message(0x0B), expected("0x0B (16-bit integer)"));
  EXPECT_EQ(message(0x0C), expected("0x0C (32-bit integer)"));
  EXPECT_EQ(message(0x0D), expected("0x0D (float)"));
  EXPECT_EQ(message(0x0E), expected("0x0E (double)"));
  EXPECT_EQ(message(0x0A), expected("0x0A (unknown)"));
}

}  // namespace
}  // namespace tally
