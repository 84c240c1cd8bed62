// SPDX-License-Identifier: MIT
#pragma once

namespace tally {

/// MPI from construction to destruction; one per process, which ends with the launcher (mpirun,
/// srun) that started it. The destructor waits for all ranks to
/// arrive, so nothing may throw past it on one rank alone: main ends such a rank by
/// Communicator::abort.
class MpiEnvironment {
 public:
  /// Throws an Error if MPI cannot let the main thread communicate while others compute
  /// (MPI_THREAD_FUNNELED).
  MpiEnvironment(int& argc, char**& argv);
  ~MpiEnvironment();
  MpiEnvironment(const MpiEnvironment&) = delete;
  MpiEnvironment& operator=(const MpiEnvironment&) = delete;
};

}  // namespace tally
