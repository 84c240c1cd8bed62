// SPDX-License-Identifier: MIT
#include "tally/core/processors.hpp"

#include <thread>

#include <gtest/gtest.h>
#include <omp.h>
#include <sched.h>

namespace tally {
namespace {

TEST(UsableProcessors, AreThoseOfTheThreadsMask) {
  EXPECT_GE(usable_processors(), 1);
  std::thread([] {
    cpu_set_t mask;
    ASSERT_EQ(sched_getaffinity(0, sizeof(mask), &mask), 0);
    EXPECT_EQ(usable_processors(), CPU_COUNT(&mask));
    int first = 0;
    while (!CPU_ISSET(first, &mask)) ++first;
    CPU_ZERO(&mask);
    CPU_SET(first, &mask);
    ASSERT_EQ(sched_setaffinity(0, sizeof(mask), &mask), 0);
    EXPECT_EQ(usable_processors(), 1);
  }).join();
}

TEST(BoundProcessors, AreNoneWhereOpenMpDoesNotBind) {
  if (omp_get_proc_bind() != omp_proc_bind_false) {
    GTEST_SKIP() << "OpenMP binds threads: unset OMP_PROC_BIND, OMP_PLACES and GOMP_CPU_AFFINITY";
  }
  EXPECT_EQ(bound_processors(), 0);
  const int usable = usable_processors();
  unbind_from_place();
  EXPECT_EQ(usable_processors(), usable);
}

}  // namespace
}  // namespace tally
