// SPDX-License-Identifier: MIT
#pragma once

namespace tally {

/// The rank that the launcher gives this process, before MPI has started; 0 without a launcher.
int launched_rank();

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
