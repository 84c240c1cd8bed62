// SPDX-License-Identifier: MIT
#include "tally/core/processors.hpp"

#include <vector>

#include <omp.h>
#include <sched.h>

namespace tally {

int usable_processors() {
  cpu_set_t processors;
  if (sched_getaffinity(0, sizeof(processors), &processors) != 0) return 1;
  return CPU_COUNT(&processors);
}

int bound_processors() {
  if (omp_get_proc_bind() == omp_proc_bind_false) return 0;
  int processors = 0;
  for (int place = 0; place < omp_get_num_places(); ++place) {
    processors += omp_get_place_num_procs(place);
  }
  return processors;
}

void unbind_from_place() {
  if (omp_get_proc_bind() == omp_proc_bind_false) return;
  cpu_set_t processors;
  CPU_ZERO(&processors);
  for (int place = 0; place < omp_get_num_places(); ++place) {
    std::vector<int> ids(omp_get_place_num_procs(place));
    omp_get_place_proc_ids(place, ids.data());
    for (const int id : ids) CPU_SET(id, &processors);
  }
  sched_setaffinity(0, sizeof(processors), &processors);
}

}  // namespace tally
