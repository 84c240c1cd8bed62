// SPDX-License-Identifier: MIT
#include "tally/train/neighbours.hpp"

#include <atomic>

#include <unistd.h>

namespace tally {

// Every process writes its own and reads those of the others.
struct Neighbours::Shown {
  std::atomic<std::int64_t> process;
  std::atomic<std::uint64_t> signs_of_life;
  std::atomic<bool> has_spoken;  // of the first member: for all
  Heartbeat::State heartbeat;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "shared between processes");

Neighbours::Neighbours(const Communicator& communicator, Heartbeat& heartbeat)
    : places_(communicator.gather_all(communicator.place())) {
  const std::vector<int> hosts = communicator.gather_all(communicator.host());
  for (int rank = 0; rank < communicator.size(); ++rank) {
    if (rank == communicator.rank()) own_ = std::ssize(ranks_);
    if (hosts[rank] == communicator.host()) ranks_.push_back(rank);
  }
  elsewhere_ = communicator.size() - std::ssize(ranks_);
  const std::unique_ptr<Communicator> host = communicator.split(communicator.host());
  try {
    communicator.together([&] { memory_ = std::make_unique<SharedMemory>(*host, sizeof(Shown)); });
  } catch (const AgreedError&) {  // a training goes on without as well; its start tells why
    memory_.reset();
    return;
  }
  shown(own_).process = ::getpid();
  heartbeat.move_to(shown(own_).heartbeat);
  communicator.barrier();  // until all are to be seen
}

Neighbours::Shown& Neighbours::shown(int member) const {
  return *reinterpret_cast<Shown*>(memory_->part(member).data());
}

void Neighbours::give_sign_of_life() {
  if (memory_) shown(own_).signs_of_life += 1;
}

bool Neighbours::may_speak() {
  return !memory_ || !shown(0).has_spoken.exchange(true);
}

int Neighbours::others() const {
  return memory_ ? std::ssize(ranks_) - 1 : 0;
}

Neighbours::Sight Neighbours::see(int other) const {
  const int member = other < own_ ? other : other + 1;
  const Shown& there = shown(member);
  return {ranks_[member],        there.process,        there.signs_of_life,
          there.heartbeat.beats, there.heartbeat.step, there.heartbeat.phase};
}

}  // namespace tally
