// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tally {

/// Whether a launcher (mpirun, srun) has started this process, maybe as one of several ranks.
bool is_launched();

/// The rank that the launcher gives this process, before MPI has started; 0 without a launcher.
int launched_rank();

/// What TALLY_PRETEND_NODES says, "0,0,1": see Communicator. Empty without it. Throws an Error if
/// it cannot be understood.
std::vector<int> pretended_hosts();

/// MPI from construction to destruction; one per process, which ends with the launcher (mpirun,
/// srun) that started it. The destructor waits for all ranks to
/// arrive, so nothing may throw past it on one rank alone: main ends such a rank by
/// Communicator::abort.
class MpiEnvironment {
 public:
  MpiEnvironment(int& argc, char**& argv);
  ~MpiEnvironment();
  MpiEnvironment(const MpiEnvironment&) = delete;
  MpiEnvironment& operator=(const MpiEnvironment&) = delete;
};

/// "Open MPI v4.1.4", "MPICH 4.0.2": the library that this process runs with, as it calls itself.
/// May be asked before MPI has started.
std::string mpi_library();

/// The name and version in what MPI_Get_library_version says, which may take many lines.
std::string short_library_name(std::string_view text);

/// Whether MPI lets the main thread communicate while others compute (MPI_THREAD_FUNNELED).
bool mpi_allows_threads();

}  // namespace tally
