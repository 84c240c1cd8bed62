// SPDX-License-Identifier: MIT
#include "tally/parallel/node.hpp"

#include <cassert>

#include "tally/parallel/cpu_share.hpp"

namespace tally {
namespace {

// What different workers show lies on cache lines of their own.
struct alignas(64) Notice {
  std::uint64_t values[2] = {};
};

std::size_t meeting_place_bytes(int workers) {
  return sizeof(Barrier::State) + static_cast<std::size_t>(workers) * sizeof(Notice);
}

Barrier::State& barrier_state(const SharedMemory& memory) {
  return *reinterpret_cast<Barrier::State*>(memory.part(0).data());
}

std::uint64_t& notice(const SharedMemory& memory, Node::Board board, int worker) {
  auto* notices = reinterpret_cast<Notice*>(memory.part(0).data() + sizeof(Barrier::State));
  return notices[worker].values[static_cast<int>(board)];
}

}  // namespace

Node::Node(const Communicator& communicator, int threads, ReductionKind reduction)
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

void Node::form(const Communicator& communicator, int threads, bool is_shared) {
  const int node = is_shared ? communicator.node() : communicator.rank();
  job_ = {communicator.gather_all(threads), communicator.gather_all(node), communicator.rank()};
  first_worker_ = job_.first_worker();
  members_ = communicator.split(node);
  leaders_ = communicator.split(members_->is_root() ? 0 : 1);
  const int node_workers = workers();
  communicator.together([&] {
    meeting_place_ = std::make_unique<SharedMemory>(*members_, meeting_place_bytes(node_workers));
  });
  const int host_workers = static_cast<int>(communicator.sum_of_node(threads));
  const bool has_cores = host_workers <= cpu_share(communicator).node_cores;
  barrier_ = std::make_unique<Barrier>(barrier_state(*meeting_place_), node_workers, has_cores);
}

void Node::allocate(std::size_t vector_size, int node_vectors, int worker_vectors) {
  vector_size_ = vector_size;
  node_vectors_ = node_vectors;
  worker_vectors_ = worker_vectors;
  const int own_threads = job_.threads[static_cast<std::size_t>(job_.rank)];
  const int vectors = (is_leader() ? node_vectors : 0) + own_threads * worker_vectors;
  communicator_.together([&] {
    vectors_ = std::make_unique<SharedMemory>(
        *members_, static_cast<std::size_t>(vectors) * vector_size * sizeof(float));
  });
}

float* Node::node_vector(int number) const {
  assert(number < node_vectors_);
  return reinterpret_cast<float*>(vectors_->part(0).data()) +
         static_cast<std::size_t>(number) * vector_size_;
}

float* Node::worker_vector(int worker, int number) const {
  assert(worker < workers() && number < worker_vectors_);
  const Range ranks = job_.ranks_of(job_.node());
  auto rank = ranks.begin;
  while (worker >= job_.threads[static_cast<std::size_t>(rank)]) {
    worker -= job_.threads[static_cast<std::size_t>(rank++)];
  }
  const int member = static_cast<int>(rank - ranks.begin);
  const int before = (member == 0 ? node_vectors_ : 0) + worker * worker_vectors_ + number;
  return reinterpret_cast<float*>(vectors_->part(member).data()) +
         static_cast<std::size_t>(before) * vector_size_;
}

void Node::post(Board board, int worker, std::uint64_t value) const {
  notice(*meeting_place_, board, worker) = value;
}

std::uint64_t Node::posted(Board board, int worker) const {
  return notice(*meeting_place_, board, worker);
}

std::uint64_t Node::posted_by_any(Board board) const {
  std::uint64_t all = 0;
  for (int worker = 0; worker < workers(); ++worker) all |= posted(board, worker);
  return all;
}

}  // namespace tally
