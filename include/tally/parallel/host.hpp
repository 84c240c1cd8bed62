// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tally/core/range.hpp"
#include "tally/core/reduction_kind.hpp"
#include "tally/parallel/barrier.hpp"
#include "tally/parallel/communicator.hpp"
#include "tally/parallel/job_layout.hpp"
#include "tally/parallel/shared_memory.hpp"

namespace tally {

/// The workers that share memory: all threads of all ranks of a host, numbered rank by rank. What
/// they have in common lies in vectors that each of them can read and write, and they meet at a
/// barrier; hosts exchange messages, through the leader of each, which is its first rank. Ranks
/// that pretend to be on several hosts, and those that cannot share memory, count as such.
class Host {
 public:
  /// `threads` are those of this rank. With ReductionKind::kMpi each rank is a host of its own; so
  /// it is where the ranks of a host cannot share memory, and why_not_shared() then says why.
  /// Collective: every rank must call.
  Host(const Communicator& communicator, int threads,
       ReductionKind reduction = ReductionKind::kTree);

  [[nodiscard]] const JobLayout& job() const { return job_; }
  [[nodiscard]] const std::string& why_not_shared() const { return why_not_shared_; }

  [[nodiscard]] int workers() const { return job_.workers_of(job_.host()); }
  /// The number of this rank's thread `thread` among the workers.
  [[nodiscard]] int worker(int thread) const { return first_worker_ + thread; }
  [[nodiscard]] bool is_leader() const { return members_->is_root(); }
  /// Between the leaders of all hosts, in the order of the hosts. For leaders only.
  [[nodiscard]] const Communicator& leaders() const { return *leaders_; }

  /// Makes the vectors, each of `vector_size` elements and zero: so many that a host has once, and
  /// so many for each worker. Throws an AgreedError without memory for them. Collective.
  void allocate(std::int64_t vector_size, std::int64_t host_vectors, std::int64_t worker_vectors);

  [[nodiscard]] std::int64_t vector_size() const { return vector_size_; }
  [[nodiscard]] float* own_vector(std::int64_t number) const;
  [[nodiscard]] float* worker_vector(int worker, std::int64_t number) const;

  /// Every worker of the host must call: returns when all have.
  void wait() const { barrier_->wait(); }
  /// Instead, for a worker that fails: the others then throw.
  void break_up() const { barrier_->break_up(); }

  /// What a worker shows to the others of its host between two waits: the flags of a step, and
  /// where its part of the sum is not finite. Two boards, so that what is read after a wait is not
  /// overwritten by who is ahead.
  enum class Board { kFlags, kBadElement };
  void post(Board board, int worker, std::uint64_t value) const;
  [[nodiscard]] std::uint64_t posted(Board board, int worker) const;
  [[nodiscard]] std::uint64_t posted_by_any(Board board) const;  ///< or-ed over workers

 private:
  void form(const Communicator& communicator, int threads, bool is_shared);

  const Communicator& communicator_;
  JobLayout job_;
  std::string why_not_shared_;
  int first_worker_ = 0;
  std::unique_ptr<Communicator> members_;
  std::unique_ptr<Communicator> leaders_;
  std::unique_ptr<SharedMemory> meeting_place_;  // of the barrier and the flags
  std::unique_ptr<SharedMemory> vectors_;
  std::unique_ptr<Barrier> barrier_;
  std::int64_t vector_size_ = 0;
  std::int64_t host_vectors_ = 0;
  std::int64_t worker_vectors_ = 0;
};

}  // namespace tally
