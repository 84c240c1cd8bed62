// SPDX-License-Identifier: MIT
#include "tally/data/held_out_images.hpp"

#include <gtest/gtest.h>

#include "idx_fixtures.hpp"
#include "tally/data/hold_out.hpp"

namespace tally {
namespace {

TEST(HeldOutImages, AreThoseThatTheSeedChoosesAmongTheUsedOnes) {
  const TemporaryDirectory directory;
  const SplitFiles files{directory.write("images", good_images()),
                         directory.write("labels", good_labels())};
  const HeldOutImages found = read_held_out(files, 10, {600, 100, 7});
  EXPECT_EQ(found.data.labels.size(), 100U);
  EXPECT_EQ(found.data.pixels.size(), 600U);
  EXPECT_EQ(found.images_digest, sha256(as_bytes(good_images())));
  EXPECT_EQ(found.labels_digest, sha256(as_bytes(good_labels())));
  const Dataset all = read_split(files, 10);
  const std::vector<bool> is_held_out = hold_out(600, 100, 7);
  std::size_t next = 0;
  for (std::size_t i = 0; i < is_held_out.size(); ++i) {
    if (!is_held_out[i]) continue;
    EXPECT_EQ(found.data.labels[next], all.labels[i]);
    for (std::size_t j = 0; j < 6; ++j) {
      EXPECT_EQ(found.data.pixels[6 * next + j], all.pixels[6 * i + j]);
    }
    ++next;
  }
  EXPECT_EQ(next, 100U);
}

}  // namespace
}  // namespace tally
