// SPDX-License-Identifier: MIT
#include "tally/core/thread_team.hpp"

#include <cstddef>
#include <exception>
#include <limits>

#include <omp.h>
#include <pthread.h>

#include "tally/core/error.hpp"
#include "tally/core/gemm.hpp"

namespace tally {
namespace {

// oneDNN makes its code on the stack of the thread that is to run it; Eigen puts two operands of up
// to EIGEN_STACK_ALLOCATION_LIMIT there.
std::size_t needed_stack_bytes() {
  constexpr std::size_t kFrames = std::size_t{256} << 10;
  return chosen_kernels() == Kernels::kEigen ? 2 * EIGEN_STACK_ALLOCATION_LIMIT + kFrames : kFrames;
}

std::size_t own_stack_bytes() {
  pthread_attr_t attributes;
  std::size_t bytes = std::numeric_limits<std::size_t>::max();
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return bytes;
  pthread_attr_getstacksize(&attributes, &bytes);
  pthread_attr_destroy(&attributes);
  return bytes;
}

}  // namespace

// A stack that is too small would end the process without a word. That of the first member is the
// main thread's.
ThreadTeam::ThreadTeam(int size) : size_(1) {
  if (size == 1) return;
  // OMP_DYNAMIC would make later teams smaller whenever the machine is busy.
  omp_set_dynamic(0);
  std::size_t stack_bytes = std::numeric_limits<std::size_t>::max();
#pragma omp parallel num_threads(size) reduction(min : stack_bytes)
  {
    if (omp_get_thread_num() != 0) stack_bytes = own_stack_bytes();
#pragma omp single
    size_ = omp_get_num_threads();
  }
  const std::size_t needed_bytes = needed_stack_bytes();
  require(
      stack_bytes >= needed_bytes, ExitCode::kUsage,
      "the stacks of threads have {} KiB, expected at least {}; unset OMP_STACKSIZE or set it to "
      "4M, or raise the limit (ulimit -s)",
      stack_bytes >> 10, needed_bytes >> 10);
}

void ThreadTeam::run_erased(void (*work)(void*, int), void* context) const {
  // Opening a region takes memory even for one thread.
  if (size_ == 1) return work(context, 0);
  std::exception_ptr first_error;
  int first_failed = std::numeric_limits<int>::max();
#pragma omp parallel num_threads(size_)
  {
    const int member = omp_get_thread_num();
    try {
      work(context, member);
    } catch (...) {
#pragma omp critical(tally_thread_team_error)
      if (member < first_failed) {
        first_failed = member;
        first_error = std::current_exception();
      }
    }
  }
  if (first_error) std::rethrow_exception(first_error);
}

}  // namespace tally
