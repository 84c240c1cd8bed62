// SPDX-License-Identifier: MIT
#include "tally/core/thread_team.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <limits>
#include <vector>

#include <omp.h>
#include <sched.h>

#include "tally/core/error.hpp"
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

}  // namespace

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
