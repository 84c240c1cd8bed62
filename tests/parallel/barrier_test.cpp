// SPDX-License-Identifier: MIT
#include "tally/parallel/barrier.hpp"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace tally {
namespace {

// Every worker writes its place in turn, and reads those of all others after each wait.
TEST(Barrier, LetsNobodyPassBeforeAllHaveCome) {
  constexpr int kWorkers = 4;
  constexpr int kRounds = 500;
  for (const bool may_spin : {true, false}) {
    Barrier::State state;
    const Barrier barrier(state, kWorkers, may_spin);
    int written[kWorkers] = {};
    std::atomic<int> wrong = 0;
    std::vector<std::thread> workers;
    for (int worker = 0; worker < kWorkers; ++worker) {
      workers.emplace_back([&, worker] {
        for (int round = 1; round <= kRounds; ++round) {
          written[worker] = round;
          barrier.wait();
          for (const int other : written) wrong += other == round ? 0 : 1;
          barrier.wait();
        }
      });
    }
    for (std::thread& worker : workers) worker.join();
    EXPECT_EQ(wrong, 0);
  }
}

TEST(Barrier, LetsThoseGoWhoWaitForAWorkerThatFails) {
  Barrier::State state;
  const Barrier barrier(state, 3, false);
  std::atomic<int> let_go = 0;
  const auto wait = [&] {
    try {
      barrier.wait();
    } catch (const PeerFailed&) {
      ++let_go;
    }
  };
  std::thread first(wait), second(wait);
  barrier.break_up();
  first.join();
  second.join();
  EXPECT_EQ(let_go, 2);
}

}  // namespace
}  // namespace tally
