// SPDX-License-Identifier: MIT
// How long a thread of tally-train spins before it sleeps, when it waits for the next step. GNU's
// OpenMP spins for milliseconds by default, which takes the cores from working threads wherever
// there are more of these than cores, or somebody else uses one; asleep at once
// (OMP_WAIT_POLICY=passive), threads wake too late for steps of a fraction of a millisecond.
#include <cstdlib>

namespace {

// Some tens of microseconds.
constexpr const char* kSpins = "500";

void choose_spins() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", kSpins, 0);
}

}  // namespace

// The library reads its environment while it is loaded, before main and all constructors; what
// stands in this section comes earlier still. Sanitizers are not yet ready to be called then.
#if defined(__ELF__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
[[gnu::section(".preinit_array"), gnu::used]] static void (*const run_first)() = choose_spins;
#else
[[maybe_unused]] static void (*const unused)() = choose_spins;
#endif
