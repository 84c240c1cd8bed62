// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <type_traits>

// A team of OpenMP threads of a size that is asked for, never taken from the environment. Only if
// OpenMP does not grant as many (OMP_THREAD_LIMIT) is it smaller. Members run at the same time, so
// that they may wait for each other.
namespace tally {

class ThreadTeam {
 public:
  /// `size` must be at least 1. Throws an Error if the threads have too small stacks
  /// (OMP_STACKSIZE).
  explicit ThreadTeam(int size);

  [[nodiscard]] int size() const { return size_; }

  /// Calls work(member) for members 0..size-1 at the same time and returns when all have ended.
  /// Exceptions do not leave the parallel region: that of the lowest member is rethrown here.
  template <typename Work>
  void run(Work&& work) const {
    run_erased([](void* erased,
                  int member) { (*static_cast<std::remove_reference_t<Work>*>(erased))(member); },
               &work);
  }

 private:
  void run_erased(void (*work)(void*, int), void* context) const;

  int size_;
};

/// The number of cores the calling thread may run on.
int usable_cores();

/// The cores in the places to which the environment lets OpenMP bind threads (OMP_PROC_BIND,
/// OMP_PLACES), 0 if it does not. The main thread is bound to the first place before main.
int bound_cores();

/// Lets the calling thread run on all of these cores again, for a program that takes this one's
/// place.
void unbind_from_place();

/// How many threads OpenMP grants a team at most (OMP_THREAD_LIMIT).
int thread_limit();

/// What OMP_NUM_THREADS says of the outermost level: 4 of "4,2"; nothing if it is not set. Throws
/// an Error that names the variable if it says nothing that can be understood.
std::optional<int> environment_threads();

/// The size of a team for a program that was told of none: that of the environment, else a thread
/// for each core it may run on. Throws an Error as environment_threads() does.
int default_threads();

}  // namespace tally
