// SPDX-License-Identifier: MIT
// GNU's OpenMP spins for milliseconds before a waiting thread sleeps. Where the cores are
// oversubscribed, spinning threads steal them; asleep at once (OMP_WAIT_POLICY=passive), threads
// wake too late for steps of a fraction of a millisecond.
#include "train/openmp_waiting.hpp"

#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include "tally/core/processors.hpp"
#include "tally/core/program_path.hpp"
#include "tally/train/stop_request.hpp"

namespace tally {
namespace {

// Some tens of microseconds.
constexpr const char* kSpins = "500";
constexpr const char* kVariable = "GOMP_SPINCOUNT";
constexpr const char* kProgram = "tally-train";

}  // namespace

// The library reads its environment while it is loaded, before the program can say anything, and
// has no call for this. Whatever is set earlier than main (.preinit_array) is lost when libc
// starts.
void choose_openmp_waiting(char** arguments) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv(kVariable) != nullptr) return;
  const std::filesystem::path program = program_path();
  // Under a loader or an emulator the process is another program's.
  if (program.filename() != kProgram || setenv(kVariable, kSpins, 0) != 0) return;
  unbind_from_place();  // OpenMP has bound this thread to one already, if it was told to bind
  ignore_as_at_start();
  ::execv(program.c_str(), arguments);  // which returns if it failed: threads only wait longer then
}

}  // namespace tally
