// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "checkpoint_fixtures.hpp"
#include "tally/core/text.hpp"

// A damaged checkpoint must be known as such before HDF5 sees a byte of it.
namespace tally {
namespace {

const std::string kWrongDigest = "its SHA-256 digest does not match its contents";

std::string damage_of(std::string_view text) {
  return damage_of_checkpoint(as_bytes(text));
}

TEST(CheckpointDamage, IsNoneInAWholeFile) {
  EXPECT_EQ(damage_of_checkpoint(encode_checkpoint(small_state())), "");
}

TEST(CheckpointDamage, IsFoundInEveryPrefix) {
  const std::vector<std::byte> file = encode_checkpoint(small_state());
  EXPECT_EQ(damage_of(""), "empty");
  for (std::size_t size = 1; size < file.size(); ++size) {
    const auto bytes = static_cast<std::int64_t>(size);
    const auto expected = static_cast<std::int64_t>(file.size());
    ASSERT_EQ(damage_of_checkpoint(std::span(file).first(size)),
              size < 512 ? fmt::format("truncated (expected at least 512 bytes, got {})", size)
                         : fmt::format("truncated (expected {} bytes, got {})", grouped(expected),
                                       grouped(bytes)));
  }
}

TEST(CheckpointDamage, IsFoundInALongerFile) {
  std::vector<std::byte> file = encode_checkpoint(small_state());
  const auto bytes = static_cast<std::int64_t>(file.size());
  file.push_back(std::byte{0});
  EXPECT_EQ(damage_of_checkpoint(file), fmt::format("too long (expected {} bytes, got {})",
                                                    grouped(bytes), grouped(bytes + 1)));
}

TEST(CheckpointDamage, IsFoundInEveryByte) {
  std::vector<std::byte> file = encode_checkpoint(small_state());
  for (std::size_t at = 0; at < file.size(); ++at) {
    const std::byte flip{static_cast<unsigned char>(1U << at % 8)};
    file[at] ^= flip;
    const std::string damage = damage_of_checkpoint(file);
    file[at] ^= flip;
    if (at < 17) {
      ASSERT_EQ(damage, "not a Tally checkpoint") << at;
    } else if (at >= 100) {
      ASSERT_EQ(damage, kWrongDigest) << at;
    } else {
      ASSERT_NE(damage, "") << at;
    }
  }
  EXPECT_EQ(damage_of_checkpoint(file), "");
}

TEST(CheckpointDamage, IsFoundInOneBlockOfZeros) {
  const std::vector<std::byte> file = encode_checkpoint(small_state());
  for (std::size_t begin = 0; begin < file.size(); begin += 512) {
    std::vector<std::byte> damaged = file;
    const auto block = std::span(damaged).subspan(begin, std::min(file.size() - begin, 512UL));
    std::ranges::fill(block, std::byte{0});
    if (damaged == file) continue;
    EXPECT_EQ(damage_of_checkpoint(damaged), begin == 0 ? "not a Tally checkpoint" : kWrongDigest);
  }
}

TEST(CheckpointDamage, IsNamedInFilesOfOtherKinds) {
  EXPECT_EQ(damage_of("<!DOCTYPE html>\n"), "not a Tally checkpoint");
  EXPECT_EQ(damage_of(std::string(10'000, '\0')), "not a Tally checkpoint");
  EXPECT_EQ(damage_of("\x89HDF\r\n\x1A\n" + std::string(2'000, 'x')), "not a Tally checkpoint");
}

TEST(CheckpointDamage, IsFoundInFirstLinesThatMeanNothing) {
  for (const std::string lines :
       {"TALLY CHECKPOINT\n", "TALLY CHECKPOINT\nformat \nbytes 1\n",
        "TALLY CHECKPOINT\nformat 1\nbytes -1\n", "TALLY CHECKPOINT\nformat 1 \nbytes 1\n",
        "TALLY CHECKPOINT\nformat 99999999999999999999\nbytes 1\n",
        "TALLY CHECKPOINT\nbytes 1\nformat 1\n"}) {
    std::string file = lines;
    file.resize(513, '\0');
    EXPECT_EQ(damage_of(file), "its first lines are damaged");
  }
  std::string digits = "TALLY CHECKPOINT\nformat 1\nbytes ";
  digits.resize(512, '1');
  EXPECT_EQ(damage_of(digits), "its first lines are damaged");
}

TEST(CheckpointDamage, IsFoundInOtherSpellingsOfTheSameNumbers) {
  std::string file = as_text(encode_checkpoint(small_state()));
  file.erase(511, 1).replace(file.find("format 1"), 8, "format 01");
  EXPECT_EQ(damage_of(file), kWrongDigest);
}

}  // namespace
}  // namespace tally
