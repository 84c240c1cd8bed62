// SPDX-License-Identifier: MIT
#include "tally/parallel/host.hpp"

#include <cassert>

#include "tally/parallel/cpu_share.hpp"

namespace tally {
namespace {

// What different workers show lies on cache lines of their own.
struct alignas(64) Notice {
  std::uint64_t values[2] = {};
};

std::size_t meeting_place_bytes(int workers) {
  return sizeof(Barrier::State) + workers * sizeof(Notice);
}

Barrier::State& barrier_state(const SharedMemory& memory) {
  return *reinterpret_cast<Barrier::State*>(memory.part(0).data());
}

std::uint64_t& notice(const SharedMemory& memory, Host::Board board, int worker) {
  auto* notices = reinterpret_cast<Notice*>(memory.part(0).data() + sizeof(Barrier::State));
  return notices[worker].values[static_cast<int>(board)];
}

}  // namespace

Host::Host(const Communicator& communicator, int threads, ReductionKind reduction)
    : communicator_(communicator) {
  const bool is_shared = reduction == ReductionKind::kTree;
  try {
    form(communicator, threads, is_shared);
  } catch (const AgreedError& error) {
    if (!is_shared) throw;
    why_not_shared_ = error.what();
    form(communicator, threads, false);
  }
}

void Host::form(const Communicator& communicator, int threads, bool is_shared) {
  const int host = is_shared ? communicator.host() : communicator.rank();
  job_ = {communicator.gather_all(threads), communicator.gather_all(host), communicator.rank()};
  first_worker_ = job_.first_worker();
  members_ = communicator.split(host);
  leaders_ = communicator.split(members_->is_root() ? 0 : 1);
  communicator.together([&] {
    meeting_place_ = std::make_unique<SharedMemory>(*members_, meeting_place_bytes(workers()));
  });
  // Of the real host, whatever it pretends to be.
  const bool has_processors =
      communicator.sum_of_host(threads) <= cpu_share(communicator).host_processors;
  barrier_ = std::make_unique<Barrier>(barrier_state(*meeting_place_), workers(), has_processors);
}

void Host::allocate(std::int64_t vector_size, std::int64_t host_vectors,
                    std::int64_t worker_vectors) {
  vector_size_ = vector_size;
  host_vectors_ = host_vectors;
  worker_vectors_ = worker_vectors;
  const std::int64_t own_vectors = job_.threads[job_.rank] * worker_vectors;
  const std::size_t floats = ((is_leader() ? host_vectors : 0) + own_vectors) * vector_size;
  communicator_.together(
      [&] { vectors_ = std::make_unique<SharedMemory>(*members_, floats * sizeof(float)); });
}

float* Host::own_vector(std::int64_t number) const {
  assert(number < host_vectors_);
  return reinterpret_cast<float*>(vectors_->part(0).data()) + number * vector_size_;
}

float* Host::worker_vector(int worker, std::int64_t number) const {
  assert(worker < workers() && number < worker_vectors_);
  const Range ranks = job_.ranks_of(job_.host());
  auto rank = ranks.begin;
  while (worker >= job_.threads[rank]) worker -= job_.threads[rank++];
  const std::int64_t member = rank - ranks.begin;
  const std::int64_t before = (member == 0 ? host_vectors_ : 0) + worker * worker_vectors_ + number;
  return reinterpret_cast<float*>(vectors_->part(member).data()) + before * vector_size_;
}

void Host::post(Board board, int worker, std::uint64_t value) const {
  notice(*meeting_place_, board, worker) = value;
}

std::uint64_t Host::posted(Board board, int worker) const {
  return notice(*meeting_place_, board, worker);
}

std::uint64_t Host::posted_by_any(Board board) const {
  std::uint64_t all = 0;
  for (int worker = 0; worker < workers(); ++worker) all |= posted(board, worker);
  return all;
}

}  // namespace tally
