// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tally/parallel/communicator.hpp"
#include "tally/parallel/cpu_share.hpp"
#include "tally/run/launcher.hpp"
#include "tally/run/worker_threads.hpp"
#include "tally/state/run_config.hpp"

// How a job was launched, as plain values that all ranks have of all ranks; launch_check.hpp judges
// them.
namespace tally {

/// What a rank is and has.
struct RankFacts {
  std::string host_name;
  std::string program;  ///< equal where the same bits come out
  std::string cpus;     ///< that the main thread may run on: "0-3,8"
  int host = 0;         ///< its number
  CpuShare share;
  int online_processors = 1;    ///< of the host
  int bound_processors = 0;     ///< to which OpenMP binds threads; 0 if it does not
  std::int64_t free_bytes = 0;  ///< memory that may still be taken
  bool allows_threads = true;   ///< its MPI does

  // What it is to do, once that is known.
  int threads = 0;  ///< 0: not known
  ThreadSource threads_by = ThreadSource::kCores;
  int wanted_threads = 0;  ///< by --threads or OMP_NUM_THREADS, which may be more than `threads`
  ThreadSource wanted_by = ThreadSource::kOption;
  std::string no_threads{};        ///< why it is not known how many
  std::int64_t micro_batches = 0;  ///< of a step
  bool sees_run_directory = true;
};

/// On rank 0.
struct DirectoryFacts {
  std::string path;
  std::string problem;  ///< why it cannot be written; empty if it can
  std::int64_t free_bytes = 0;
  std::int64_t needed_bytes = 0;  ///< for the checkpoints that it is to hold
};

struct LaunchFacts {
  Launcher launcher;            ///< of rank 0
  int processors_per_core = 1;  ///< on its host
  std::string mpi_library;      ///< "MPICH 4.0.2"
  std::vector<RankFacts> ranks;

  // What the job is to do, once that is known.
  std::int64_t batch_size = 0;
  std::int64_t micro_batch = 0;
  bool oversubscribe = false;  ///< more threads than cores are meant
  DirectoryFacts directory;
  std::string why_not_shared;  ///< the memory of a host; empty if it is

  [[nodiscard]] const RankFacts& of(int rank) const { return ranks[rank]; }
  template <typename Condition>
  [[nodiscard]] std::vector<std::size_t> ranks_that(Condition&& holds_for) const {
    std::vector<std::size_t> found;
    for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
      if (holds_for(ranks[rank])) found.push_back(rank);
    }
    return found;
  }
  /// "rank 3 on host n2", "ranks 3-5, 8 on hosts n2, n3"
  [[nodiscard]] std::string place_of(const std::vector<std::size_t>& some) const;
};

/// "1.5 GB"
std::string bytes_text(std::int64_t bytes);

/// What can be known before any option is read. Collective: every rank must call.
LaunchFacts gather_ranks(const Communicator& communicator);

/// Adds what the ranks of a run of this configuration do. Collective: every rank must call.
void gather_work(const Communicator& communicator, const RunConfig& config, bool oversubscribe,
                 LaunchFacts& facts);

/// Where a run of this configuration is kept. Leaves nothing behind.
DirectoryFacts directory_facts(const RunConfig& config, std::size_t parameters);

/// Adds where the run is kept: in its directory, or that one above it which is there already.
/// Leaves nothing behind. Collective: every rank must call.
void gather_directory(const Communicator& communicator, const RunConfig& config,
                      std::size_t parameters, LaunchFacts& facts);

}  // namespace tally
