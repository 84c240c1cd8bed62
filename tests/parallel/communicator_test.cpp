// SPDX-License-Identifier: MIT
#include "tally/parallel/communicator.hpp"

#include <cstring>

#include <gtest/gtest.h>

namespace tally {
namespace {

class CommunicatorTest : public testing::Test {
 protected:
  Communicator communicator_;
  int rank_ = communicator_.rank();
  int size_ = communicator_.size();
};

TEST_F(CommunicatorTest, CountsTheRanksOfTheLaunch) {
  const char* launched = std::getenv("OMPI_COMM_WORLD_SIZE");
  ASSERT_NE(launched, nullptr) << "run under mpirun";
  EXPECT_EQ(size_, std::stoi(launched));
  EXPECT_EQ(communicator_.host_size(), size_);
  EXPECT_EQ(communicator_.is_root(), rank_ == 0);
  EXPECT_EQ(communicator_.place().find("rank " + std::to_string(rank_) + " on host "), 0U);
}

TEST_F(CommunicatorTest, BroadcastsFromRankZero) {
  EXPECT_EQ(communicator_.broadcast("text of rank " + std::to_string(rank_)), "text of rank 0");
  EXPECT_EQ(communicator_.broadcast(std::string()), "");
  double value = rank_ + 0.5;
  communicator_.broadcast_value(value);
  EXPECT_EQ(value, 0.5);
}

TEST_F(CommunicatorTest, ReducesIntegers) {
  EXPECT_EQ(communicator_.sum(rank_ + 1), size_ * (size_ + 1) / 2);
  EXPECT_EQ(communicator_.least(10 - rank_), 10 - (size_ - 1));
  EXPECT_EQ(communicator_.any_of(1U << rank_), (1U << size_) - 1);
}

TEST_F(CommunicatorTest, GathersPiecesOfDifferentLengthInRankOrder) {
  const std::vector<double> own(static_cast<std::size_t>(rank_), rank_);
  std::vector<double> expected;
  for (int rank = 0; rank < size_; ++rank) {
    expected.insert(expected.end(), static_cast<std::size_t>(rank), rank);
  }
  EXPECT_EQ(communicator_.gather_all(own), expected);
}

TEST_F(CommunicatorTest, SendsBetweenTwoRanks) {
  std::array<std::byte, 8> message{};
  if (rank_ == 0) {
    for (int to = 1; to < size_; ++to) {
      communicator_.send(to, std::as_bytes(std::span(&to, 1)));
    }
    return;
  }
  EXPECT_EQ(communicator_.receive(0, message), sizeof(int));
  int received = 0;
  std::memcpy(&received, message.data(), sizeof(received));
  EXPECT_EQ(received, rank_);
}

TEST_F(CommunicatorTest, AllThrowTheErrorOfTheLowestFailingRank) {
  const int last = size_ - 1;
  try {
    communicator_.agree(rank_ == last ? std::optional(Error(ExitCode::kUsage, "it is broken"))
                                      : std::nullopt);
    FAIL() << "nothing was thrown";
  } catch (const AgreedError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
    const std::string message = error.what();
    if (last == 0) {
      EXPECT_EQ(message, "it is broken");
    } else {
      EXPECT_EQ(message.find("rank " + std::to_string(last) + " on host "), 0U) << message;
      EXPECT_NE(message.find(": it is broken"), std::string::npos) << message;
    }
  }
}

TEST_F(CommunicatorTest, WorkOnRankZeroFailsForAll) {
  EXPECT_THROW(communicator_.on_root([] { throw std::bad_alloc(); }), AgreedError);
  EXPECT_NO_THROW(communicator_.on_root([&] { EXPECT_EQ(rank_, 0); }));
  EXPECT_THROW(communicator_.together([] { fail(ExitCode::kUsage, "all"); }), AgreedError);
}

// MPI ends the process at an error unless it is told otherwise, and return codes are never seen.
TEST_F(CommunicatorTest, MpiErrorsBecomeErrorsWithItsText) {
  try {
    communicator_.send(size_ + 7, {});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("MPI_Send: MPI_ERR_RANK"), 0U) << error.what();
  }
}

}  // namespace
}  // namespace tally
