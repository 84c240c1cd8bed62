// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "idx_fixtures.hpp"
#include "tally/data/byte_source.hpp"

namespace tally {
namespace {

std::unique_ptr<ByteSource> gzip_of(const std::string& packed) {
  return gzip_source(memory_source("data.gz", as_bytes(packed)));
}

std::string unpack(const std::string& packed, std::size_t chunk_bytes = 4096) {
  return read_all(*gzip_of(packed), chunk_bytes);
}

// Longer than the input buffer when packed, so that refilling is part of every case.
TEST(GzipSource, GivesTheSameBytesInChunksOfAnySize) {
  const std::string data = noise(200000) + std::string(300000, 'a');
  const std::string packed = gzip(data);
  ASSERT_GT(packed.size(), 150000U);
  for (const std::size_t chunk_bytes : {1, 7, 65537, 500000, 500001}) {
    EXPECT_EQ(unpack(packed, chunk_bytes), data);
  }
}

TEST(GzipSource, TakesItsInputInChunksOfAnySize) {
  const std::string packed = gzip(noise(300)) + gzip("two") + gzip(noise(20));
  for (const std::size_t chunk_bytes : {2, 3, 10, 11, 400}) {
    const auto source = gzip_source(memory_source("data.gz", as_bytes(packed)), chunk_bytes);
    EXPECT_EQ(read_all(*source), noise(300) + "two" + noise(20)) << chunk_bytes;
  }
}

TEST(GzipSource, JoinsMembers) {
  const std::string packed = gzip("one ") + gzip("") + gzip("two ") + gzip("three") + gzip("");
  for (const std::size_t chunk_bytes : {1, 4, 5, 100}) {
    EXPECT_EQ(unpack(packed, chunk_bytes), "one two three");
  }
}

// The second member begins at every distance from the end of the input buffer.
TEST(GzipSource, JoinsMembersAcrossTheEndOfItsBuffer) {
  const std::string large = noise(65536);
  const std::size_t overhead = gzip(large).size() - large.size();
  for (std::size_t size = 65536 - overhead - 4; size <= 65536 - overhead + 4; ++size) {
    const std::string first = large.substr(0, size);
    EXPECT_EQ(unpack(gzip(first) + gzip("more")), first + "more");
  }
}

TEST(GzipSource, ReadsAHeaderWithNameCommentAndTimeStamp) {
  const std::string plain = gzip("data");
  const std::string header =
      bytes({0x1F, 0x8B, 8, 0x18, 1, 2, 3, 4, 2, 3}) + std::string("name\0comment\0", 13);
  EXPECT_EQ(unpack(header + plain.substr(10)), "data");
}

TEST(GzipSource, BoundsWhatCanCome) {
  constexpr std::int64_t kUnpackedBytes = 10'000'000;
  const std::string packed = gzip(zeros(kUnpackedBytes));
  const std::int64_t bound = gzip_of(packed)->largest_size();
  EXPECT_GE(bound, kUnpackedBytes);
  EXPECT_LE(bound, kUnpackedBytes * 11 / 10);
}

TEST(GzipSource, RefusesEveryTruncation) {
  const std::string packed = gzip("one") + gzip(noise(100));
  const std::size_t first_member_bytes = gzip("one").size();
  for (std::size_t size = 0; size < packed.size(); ++size) {
    if (size == first_member_bytes) continue;  // a complete file too
    EXPECT_THROW(unpack(packed.substr(0, size)), Error) << size;
  }
}

// Flags, time stamp and system in the header may change without changing the data.
TEST(GzipSource, NeverGivesOtherBytesForADamagedFile) {
  const std::string data = "some text, some text and some more text" + noise(100);
  const std::string packed = gzip(data);
  for (std::size_t at = 0; at < packed.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = packed;
      damaged[at] = static_cast<char>(damaged[at] ^ 1 << bit);
      try {
        EXPECT_EQ(unpack(damaged), data) << "byte " << at << ", bit " << bit;
        EXPECT_LT(at, 10U) << "bit " << bit;
      } catch (const Error& error) {
        EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
      }
    }
  }
}

TEST(GzipSource, TakesNoMoreInputThanItsBufferForAFewBytesOfABomb) {
  const std::string bomb = gzip(zeros(80'000'000));
  ASSERT_GT(bomb.size(), 70'000U);
  CountingSource::Counts packed;
  const auto source = gzip_source(
      std::make_unique<CountingSource>(memory_source("bomb.gz", as_bytes(bomb)), packed));
  std::string few(21, 'x');
  EXPECT_EQ(source->read(std::as_writable_bytes(std::span(few))), few.size());
  EXPECT_EQ(few, zeros(21));
  EXPECT_LE(packed.total, 65536U);
}

}  // namespace
}  // namespace tally
