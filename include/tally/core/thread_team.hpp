// SPDX-License-Identifier: MIT
#pragma once

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

}  // namespace tally
