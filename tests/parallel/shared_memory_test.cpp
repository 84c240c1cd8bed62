// SPDX-License-Identifier: MIT
#include "tally/parallel/shared_memory.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace tally {
namespace {

std::span<std::int64_t> numbers(const SharedMemory& memory, int rank) {
  const std::span<std::byte> part = memory.part(rank);
  return {reinterpret_cast<std::int64_t*>(part.data()), part.size() / sizeof(std::int64_t)};
}

// Rank r brings r + 1 pages and a bit.
TEST(SharedMemory, IsReadByAllAsEachHasWrittenIt) {
  const Communicator communicator;
  const int rank = communicator.rank();
  const auto bytes_of = [](int of) { return static_cast<std::size_t>(of + 1) * 4096 + 8; };
  const SharedMemory memory(communicator, bytes_of(rank));
  EXPECT_EQ(std::ranges::count(numbers(memory, rank), 0), std::ssize(numbers(memory, rank)));
  communicator.barrier();
  std::ranges::fill(numbers(memory, rank), 1000 + rank);
  communicator.barrier();
  for (int other = 0; other < communicator.size(); ++other) {
    const std::span<const std::int64_t> found = numbers(memory, other);
    EXPECT_EQ(memory.part(other).size(), bytes_of(other));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(found.data()) % 4096, 0U);
    EXPECT_EQ(std::ranges::count(found, 1000 + other), std::ssize(found));
  }
  communicator.barrier();
}

TEST(SharedMemory, MayBeNone) {
  const Communicator communicator;
  const SharedMemory memory(communicator, 0);
  EXPECT_GT(memory.part(communicator.rank()).size(), 0U);
}

}  // namespace
}  // namespace tally
