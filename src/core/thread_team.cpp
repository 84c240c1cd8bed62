// SPDX-License-Identifier: MIT
#include "tally/core/thread_team.hpp"

#include <exception>
#include <limits>

#include <omp.h>
#include <sched.h>

namespace tally {

ThreadTeam::ThreadTeam(int size) : size_(1) {
  if (size == 1) return;
  // OMP_DYNAMIC would make later teams smaller whenever the machine is busy.
  omp_set_dynamic(0);
#pragma omp parallel num_threads(size)
#pragma omp single
  size_ = omp_get_num_threads();
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

int thread_limit() {
  return omp_get_thread_limit();
}

}  // namespace tally
