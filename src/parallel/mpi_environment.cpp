// SPDX-License-Identifier: MIT
#include "tally/parallel/mpi_environment.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include <mpi.h>
#include <sys/prctl.h>

#include "mpi_call.hpp"
#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

// What Open MPI's launcher and srun say, and that of MPICH and its relatives.
const char* rank_of_launcher() {
  const char* rank = std::getenv("PMIX_RANK");
  return rank != nullptr ? rank : std::getenv("PMI_RANK");
}

// A launcher that is killed cannot end its ranks.
void end_with_launcher() {
  if (is_launched()) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

}  // namespace

bool is_launched() {
  return rank_of_launcher() != nullptr;
}

int launched_rank() {
  const char* rank = rank_of_launcher();
  return rank == nullptr ? 0 : std::atoi(rank);
}

std::string mpi_library() {
  std::string text(MPI_MAX_LIBRARY_VERSION_STRING, '\0');
  int length = 0;
  mpi_check(MPI_Get_library_version(text.data(), &length), "MPI_Get_library_version");
  text.resize(length);
  return short_library_name(text);
}

std::string short_library_name(std::string_view text) {
  text = text.substr(0, text.find_first_of("\n,"));
  std::string name;
  for (const char letter : text) {
    const bool is_blank = letter == ' ' || letter == '\t';
    if (!is_blank) {
      name += letter;
    } else if (!name.empty() && name.back() != ' ') {
      name += ' ';
    }
  }
  constexpr std::string_view kLabel = "Version: ";
  if (const std::size_t at = name.find(kLabel); at != std::string::npos) {
    name.erase(at, kLabel.size());
  }
  return name;
}

std::vector<int> pretended_hosts() {
  const char* variable = std::getenv("TALLY_PRETEND_NODES");
  std::vector<int> hosts;
  if (variable == nullptr) return hosts;
  std::string_view text = variable;
  while (!text.empty()) {
    const std::string_view number = text.substr(0, text.find(','));
    require(parse_number(number, hosts.emplace_back()) && hosts.back() >= 0, ExitCode::kUsage,
            "TALLY_PRETEND_NODES: expected the node of each rank, such as 0,0,1,1; got \"{}\"",
            printable(variable));
    text.remove_prefix(std::min(text.size(), number.size() + 1));
  }
  return hosts;
}

MpiEnvironment::MpiEnvironment(int& argc, char**& argv) {
  end_with_launcher();
  int provided = MPI_THREAD_SINGLE;
  mpi_check(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  // By default any error ends the process within MPI, and no return code is ever seen.
  mpi_check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  mpi_check(MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
}

MpiEnvironment::~MpiEnvironment() {
  MPI_Finalize();
}

bool mpi_allows_threads() {
  int provided = MPI_THREAD_SINGLE;
  mpi_check(MPI_Query_thread(&provided), "MPI_Query_thread");
  return provided >= MPI_THREAD_FUNNELED;
}

void mpi_check(int result, std::string_view call) {
  if (result == MPI_SUCCESS) return;
  std::string text(MPI_MAX_ERROR_STRING, '\0');
  int length = 0;
  MPI_Error_string(result, text.data(), &length);
  text.resize(length);
  fail(ExitCode::kFailure, "{}: {}", call, text);
}

}  // namespace tally
