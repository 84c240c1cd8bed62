// SPDX-License-Identifier: MIT
#include "tally/parallel/mpi_environment.hpp"

#include <csignal>
#include <cstdlib>

#include <mpi.h>
#include <sys/prctl.h>

#include "mpi_call.hpp"
#include "tally/core/error.hpp"

namespace tally {
namespace {

// An mpirun that is killed cannot end its ranks.
void end_with_launcher() {
  const bool is_launched = std::getenv("PMIX_RANK") != nullptr;
  if (is_launched) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

}  // namespace

int launched_rank() {
  const char* rank = std::getenv("PMIX_RANK");
  return rank == nullptr ? 0 : std::atoi(rank);
}

MpiEnvironment::MpiEnvironment(int& argc, char**& argv) {
  end_with_launcher();
  int provided = MPI_THREAD_SINGLE;
  mpi_check(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  // By default any error ends the process within MPI, and no return code is ever seen.
  mpi_check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  mpi_check(MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  require(provided >= MPI_THREAD_FUNNELED, ExitCode::kFailure,
          "this MPI does not let the main thread communicate while others compute "
          "(MPI_THREAD_FUNNELED); use an MPI built with thread support");
}

MpiEnvironment::~MpiEnvironment() {
  MPI_Finalize();
}

void mpi_check(int result, std::string_view call) {
  if (result == MPI_SUCCESS) return;
  std::string text(MPI_MAX_ERROR_STRING, '\0');
  int length = 0;
  MPI_Error_string(result, text.data(), &length);
  text.resize(static_cast<std::size_t>(length));
  fail(ExitCode::kFailure, "{}: {}", call, text);
}

}  // namespace tally
