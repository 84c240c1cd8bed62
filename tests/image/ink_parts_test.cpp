// SPDX-License-Identifier: MIT
#include "tally/image/ink_parts.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "tally/core/random.hpp"

namespace tally {
namespace {

GreyImage image_of(const std::vector<std::string>& rows) {
  GreyImage image(static_cast<int>(rows[0].size()), static_cast<int>(rows.size()));
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const char sign = rows[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
      image.at(x, y) = sign == '#' ? 200 : sign == '+' ? 20 : 0;
    }
  }
  return image;
}

TEST(FindParts, MeasuresEachPart) {
  const InkParts found = find_parts(image_of({"##...", "..#..", ".....", "#..+#"}), 50);
  ASSERT_EQ(found.parts.size(), 3U);
  EXPECT_EQ(found.parts[0].box, (Box{0, 0, 3, 2}));
  EXPECT_EQ(found.parts[0].pixel_count, 3);
  EXPECT_EQ(found.parts[0].ink, 600);
  EXPECT_EQ(found.parts[0].peak, 200);
  EXPECT_EQ(found.parts[1].box, (Box{0, 3, 1, 1}));
  EXPECT_EQ(found.parts[2].box, (Box{4, 3, 1, 1}));
}

TEST(FindParts, LooksWithinABoxOnly) {
  const GreyImage image = image_of({"##...", "..#..", "..#..", "#..+#"});
  const InkParts found = find_parts(image, {1, 0, 2, 3}, 50);
  ASSERT_EQ(found.parts.size(), 1U);
  EXPECT_EQ(found.parts[0].box, (Box{1, 0, 2, 3}));
  EXPECT_EQ(found.parts[0].pixel_count, 3);
}

TEST(FindParts, JoinsArmsThatMeetLate) {
  EXPECT_EQ(find_parts(image_of({"#.#.#", "#.#.#", "#.###", "###.."}), 50).parts.size(), 1U);
}

// The naive reference: every pixel takes the smallest label around it until nothing changes.
std::vector<int> labels_by_definition(const GreyImage& image, int threshold) {
  std::vector<int> labels(image.pixels.size(), -1);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (image.pixels[i] >= threshold) labels[i] = static_cast<int>(i);
  }
  const auto index = [&](int x, int y) { return static_cast<std::size_t>(y * image.width + x); };
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    for (int y = 0; y < image.height; ++y) {
      for (int x = 0; x < image.width; ++x) {
        int& label = labels[index(x, y)];
        for (int v = std::max(0, y - 1); v <= std::min(image.height - 1, y + 1); ++v) {
          for (int u = std::max(0, x - 1); u <= std::min(image.width - 1, x + 1); ++u) {
            const int other = labels[index(u, v)];
            if (label < 0 || other < 0 || other >= label) continue;
            label = other;
            has_changed = true;
          }
        }
      }
    }
  }
  return labels;
}

TEST(FindParts, AgreesWithTheDefinitionOnRandomImages) {
  RandomStream stream(11, Purpose::kInitialize);
  for (int round = 0; round < 60; ++round) {
    GreyImage image(1 + static_cast<int>(stream.below(30)), 1 + static_cast<int>(stream.below(30)));
    for (std::uint8_t& pixel : image.pixels) pixel = stream.below(100) < 35 ? 255 : 0;
    const std::vector<int> expected = labels_by_definition(image, 128);
    const InkParts found = find_parts(image, 128);
    std::map<int, int> part_of_label;
    for (const InkRun& run : found.runs) {
      for (int x = run.begin; x < run.end; ++x) {
        const int label = expected[static_cast<std::size_t>(run.y * image.width + x)];
        ASSERT_GE(label, 0);
        ASSERT_EQ(part_of_label.emplace(label, run.part).first->second, run.part);
      }
    }
    EXPECT_EQ(part_of_label.size(), found.parts.size());
  }
}

TEST(KeepParts, KeepsFadingEdgesAndErasesTheRest) {
  GreyImage image = image_of({"+.....#", ".+#+...", "..+++..", ".....+."});
  const InkParts found = find_parts(image, 50);
  ASSERT_EQ(found.parts.size(), 2U);
  const Box box = keep_parts(image, found, {false, true}, 1);
  EXPECT_EQ(image, image_of({".......", ".+#+...", "..++...", "......."}));
  EXPECT_EQ(box, (Box{1, 1, 3, 2}));
}

TEST(KeepParts, ErasesWhatIsTooWeak) {
  GreyImage image = image_of({".+#+."});
  EXPECT_EQ(keep_parts(image, find_parts(image, 50), {true}, 21), (Box{2, 0, 1, 1}));
  EXPECT_EQ(image, image_of({"..#.."}));
}

TEST(KeepParts, LeavesNothingWhenNothingIsChosen) {
  GreyImage image = image_of({"##", "##"});
  EXPECT_EQ(keep_parts(image, find_parts(image, 50), {false}, 1), Box{});
  EXPECT_EQ(image, GreyImage(2, 2));
}

}  // namespace
}  // namespace tally
