// SPDX-License-Identifier: MIT
#include "tally/image/orientation.hpp"

#include <gtest/gtest.h>

#include "jpeg_fixture.hpp"

namespace tally {
namespace {

// What a camera stores of the scene
//   1 2 3
//   4 5 6
// by the definition of the tag (EXIF 2.3, 4.6.4): which side of the scene row 0 and column 0 are.
struct Stored {
  int orientation;
  int width;
  std::vector<std::uint8_t> pixels;
};

const std::vector<Stored>& stored_scenes() {
  static const std::vector<Stored> kScenes = {
      {1, 3, {1, 2, 3, 4, 5, 6}}, {2, 3, {3, 2, 1, 6, 5, 4}}, {3, 3, {6, 5, 4, 3, 2, 1}},
      {4, 3, {4, 5, 6, 1, 2, 3}}, {5, 2, {1, 4, 2, 5, 3, 6}}, {6, 2, {3, 6, 2, 5, 1, 4}},
      {7, 2, {6, 3, 5, 2, 4, 1}}, {8, 2, {4, 1, 5, 2, 6, 3}}};
  return kScenes;
}

TEST(Upright, RestoresTheSceneFromAllEightOrientations) {
  GreyImage scene(3, 2);
  scene.pixels = {1, 2, 3, 4, 5, 6};
  for (const Stored& stored : stored_scenes()) {
    GreyImage image(stored.width, 6 / stored.width);
    image.pixels = stored.pixels;
    EXPECT_EQ(upright(image, Orientation{stored.orientation}), scene) << stored.orientation;
  }
}

TEST(ExifOrientation, IsReadInBothByteOrders) {
  for (int value = 1; value <= 8; ++value) {
    EXPECT_EQ(exif_orientation(exif_block(value, true)), Orientation{value});
    EXPECT_EQ(exif_orientation(exif_block(value, false)), Orientation{value});
  }
}

TEST(ExifOrientation, IsUprightWhenMissingOrDamaged) {
  EXPECT_EQ(exif_orientation({}), Orientation::kTopLeft);
  EXPECT_EQ(exif_orientation(exif_block(0, true)), Orientation::kTopLeft);
  EXPECT_EQ(exif_orientation(exif_block(9, true)), Orientation::kTopLeft);
  const std::vector<std::byte> block = exif_block(6, true);
  for (std::size_t size = 1; size + 8 < block.size(); ++size) {
    EXPECT_EQ(exif_orientation(std::span(block).first(size)), Orientation::kTopLeft) << size;
  }
}

// 3,200 pointers of the first directory that all lead to itself.
TEST(ExifOrientation, DirectoriesThatNameThemselvesAreNotFollowed) {
  constexpr int kEntries = 3200;
  std::vector<std::byte> block;
  const auto add = [&](std::string_view text) {
    for (const char c : text) block.push_back(static_cast<std::byte>(c));
  };
  add(std::string_view("Exif\0\0II*\0\x08\0\0\0\x80\x0C", 16));
  for (int i = 0; i < kEntries; ++i) {
    add(i % 2 == 0 ? std::string_view("\x69\x87\x04\0\x01\0\0\0\x08\0\0\0", 12)
                   : std::string_view("\x25\x88\x04\0\x01\0\0\0\x08\0\0\0", 12));
  }
  add(std::string_view("\0\0\0\0", 4));
  EXPECT_EQ(exif_orientation(block), Orientation::kTopLeft);
}

TEST(ExifOrientation, OfAnotherTypeOrCountIsNone) {
  for (const std::size_t place : {2U, 4U}) {  // of an entry: its type, its count
    std::vector<std::byte> block = exif_block(6, false);
    const std::size_t entry = 6 + 8 + 2;
    block[entry + place] = std::byte{2};
    EXPECT_EQ(exif_orientation(block), Orientation::kTopLeft) << place;
  }
}

}  // namespace
}  // namespace tally
