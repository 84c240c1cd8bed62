// SPDX-License-Identifier: MIT
#include "tally/core/thread_team.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <limits>
#include <vector>

#include <omp.h>
#include <pthread.h>
#include <sched.h>

#include "tally/core/error.hpp"
#include "tally/core/gemm.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

constexpr int kMostThreads = 4096;

// The first of a list, in which every number must be one of threads; 0 otherwise.
int first_of_list(std::string_view list) {
  int first = 0;
  for (bool has_more = true; has_more;) {
    const std::size_t comma = list.find(',');
    int number = 0;
    if (!parse_number(trimmed(list.substr(0, comma)), number)) return 0;
    if (number < 1 || number > kMostThreads) return 0;
    if (first == 0) first = number;
    has_more = comma != std::string_view::npos;
    if (has_more) list.remove_prefix(comma + 1);
  }
  return first;
}

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

int usable_cores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) != 0) return 1;
  return CPU_COUNT(&cores);
}

int bound_cores() {
  if (omp_get_proc_bind() == omp_proc_bind_false) return 0;
  int cores = 0;
  for (int place = 0; place < omp_get_num_places(); ++place) {
    cores += omp_get_place_num_procs(place);
  }
  return cores;
}

void unbind_from_place() {
  if (omp_get_proc_bind() == omp_proc_bind_false) return;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  for (int place = 0; place < omp_get_num_places(); ++place) {
    std::vector<int> ids(static_cast<std::size_t>(omp_get_place_num_procs(place)));
    omp_get_place_proc_ids(place, ids.data());
    for (const int id : ids) CPU_SET(id, &cores);
  }
  sched_setaffinity(0, sizeof(cores), &cores);
}

int thread_limit() {
  return omp_get_thread_limit();
}

std::optional<int> environment_threads() {
  const char* variable = std::getenv("OMP_NUM_THREADS");
  if (variable == nullptr || trimmed(variable).empty()) return std::nullopt;
  const int threads = first_of_list(variable);
  require(threads != 0, ExitCode::kUsage,
          "OMP_NUM_THREADS: expected a number of threads from 1 to {}, or a list such as 4,2, got "
          "\"{}\"; correct it, unset it, or give --threads",
          kMostThreads, printable(variable));
  return threads;
}

int default_threads() {
  const std::optional<int> threads = environment_threads();
  return threads ? *threads : usable_cores();
}

}  // namespace tally
