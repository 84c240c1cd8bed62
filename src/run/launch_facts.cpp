// SPDX-License-Identifier: MIT
#include "tally/run/launch_facts.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <thread>

#include <fmt/ranges.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tally/core/digest.hpp"
#include "tally/core/processors.hpp"
#include "tally/core/thread_count.hpp"
#include "tally/io/posix_file.hpp"
#include "tally/io/run_directory.hpp"
#include "tally/io/trial_file.hpp"
#include "tally/parallel/host.hpp"
#include "tally/parallel/mpi_environment.hpp"
#include "tally/state/training_state.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

// Two builds may have the same version: the file itself tells them apart.
std::string program() {
  constexpr std::size_t kMaxBytes = std::size_t{1} << 30;
  const BuildFacts build = this_build();
  std::string digest = "unknown";
  static_cast<void>(error_of(
      [&] { digest = to_hex(sha256(read_file("/proc/self/exe", kMaxBytes))).substr(0, 12); }));
  return fmt::format("tally {}, {}, {}, {}, program {}", build.version, build.compiler,
                     build.instruction_set, build.kernel_backend, digest);
}

// "0-3,8"
std::string cpu_list() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (::sched_getaffinity(0, sizeof(mask), &mask) != 0) return "?";
  std::string list;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &mask)) continue;
    const int first = cpu;
    while (cpu + 1 < CPU_SETSIZE && CPU_ISSET(cpu + 1, &mask)) ++cpu;
    list += fmt::format("{}{}{}", list.empty() ? "" : ",", first,
                        cpu > first ? fmt::format("-{}", cpu) : "");
  }
  return list;
}

// What the host can still give away, or what a limit leaves of it.
std::int64_t free_memory() {
  std::int64_t bytes = std::numeric_limits<std::int64_t>::max();
  std::ifstream file("/proc/meminfo");
  for (std::string name, rest; file >> name; std::getline(file, rest)) {
    std::int64_t kibibytes = 0;
    if (name == "MemAvailable:" && file >> kibibytes) bytes = kibibytes * 1024;
  }
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    bytes = std::min(bytes, static_cast<std::int64_t>(limit.rlim_cur));
  }
  return bytes;
}

// How many processors of the system are one core of its hardware.
int processors_per_core() {
  std::ifstream file("/sys/devices/system/cpu/smt/active");
  return file.get() == '1' ? 2 : 1;
}

// The directory itself, or what is nearest above it: another directory, or a file in its way.
fs::path existing(fs::path directory) {
  std::error_code error;
  directory = fs::absolute(directory, error);
  while (!fs::exists(directory, error) && directory.has_relative_path()) {
    directory = directory.parent_path();
  }
  return directory;
}

// Clients of a network file system may learn of a new file a little later.
bool appears(const fs::path& path) {
  constexpr int kTries = 20;
  std::error_code error;
  for (int i = 0; i < kTries; ++i) {
    if (fs::exists(path, error)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

std::int64_t bytes_for_checkpoints(const RunConfig& config, std::size_t parameters) {
  constexpr std::int64_t kOfOtherThings = 20'000;  // in a checkpoint
  const std::int64_t bytes = kOfOtherThings + 2 * parameters * sizeof(Real);
  std::int64_t there = 0;
  static_cast<void>(
      error_of([&] { there = std::ssize(entries_of(checkpoint_directory(config.run_dir))); }));
  // A new one is there before an old one goes.
  return std::max<std::int64_t>(1, config.keep + 1 - there) * bytes;
}

// `trial` is a file in it, if there can be one.
DirectoryFacts tried_directory(const RunConfig& config, std::size_t parameters,
                               std::optional<TrialFile>& trial) {
  DirectoryFacts directory;
  directory.path = config.run_dir;
  const std::optional<Error> error = error_of([&] {
    trial.emplace(existing(config.run_dir));
    directory.free_bytes = fs::space(trial->path()).available;
    directory.needed_bytes = bytes_for_checkpoints(config, parameters);
  });
  if (error) directory.problem = error->what();
  return directory;
}

// Each rank has an environment of its own, as hosts may.
ThreadWishes thread_wishes(const AutoCount& option, bool may_oversubscribe, int host_ranks) {
  ThreadWishes wishes{option, 0, 0, 0, thread_limit(), may_oversubscribe};
  if (option.value != 0) return wishes;
  const Launcher own = launcher(process_environment());
  wishes.openmp = environment_threads().value_or(0);
  wishes.slurm = own.cores_per_task.value_or(0);
  if (own.cores_on_host > 0) wishes.slurm_node = std::max(1, own.cores_on_host / host_ranks);
  return wishes;
}

void gather_threads(const Communicator& communicator, const AutoCount& option, LaunchFacts& facts) {
  const RankFacts& own = facts.of(communicator.rank());
  ThreadChoice choice;
  const std::optional<Error> error = error_of([&] {
    const ThreadWishes wishes = thread_wishes(option, facts.oversubscribe, own.share.host_ranks);
    choice = worker_threads(wishes, own.share, own.micro_batches);
  });
  const std::array<std::int64_t, 4> numbers = {choice.threads, static_cast<int>(choice.decided_by),
                                               choice.wanted, static_cast<int>(choice.wanted_by)};
  const std::vector<std::int64_t> all = communicator.gather_all(std::span(numbers));
  const std::vector<std::string> errors =
      communicator.gather_all(std::string(error ? error->what() : ""));
  for (std::size_t rank = 0; rank < errors.size(); ++rank) {
    const std::int64_t* number = all.data() + rank * numbers.size();
    RankFacts& of_rank = facts.ranks[rank];
    of_rank.threads = number[0];
    of_rank.threads_by = static_cast<ThreadSource>(number[1]);
    of_rank.wanted_threads = number[2];
    of_rank.wanted_by = static_cast<ThreadSource>(number[3]);
    of_rank.no_threads = errors[rank];
  }
}

}  // namespace

std::string LaunchFacts::place_of(const std::vector<std::size_t>& some) const {
  std::vector<std::string> spans, hosts;
  for (std::size_t i = 0; i < some.size(); ++i) {
    const std::size_t first = i;
    while (i + 1 < some.size() && some[i + 1] == some[i] + 1) ++i;
    spans.push_back(i == first ? fmt::format("{}", some[i])
                               : fmt::format("{}-{}", some[first], some[i]));
  }
  for (const std::size_t rank : some) {
    const std::string& host = ranks[rank].host_name;
    if (std::ranges::find(hosts, host) == hosts.end()) hosts.push_back(host);
  }
  return fmt::format("{} {} on {} {}", some.size() == 1 ? "rank" : "ranks", fmt::join(spans, ", "),
                     hosts.size() == 1 ? "host" : "hosts", fmt::join(hosts, ", "));
}

std::string bytes_text(std::int64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (bytes >= 1'000'000'000) return fmt::format("{:.1f} GB", value / 1e9);
  if (bytes >= 1'000'000) return fmt::format("{:.1f} MB", value / 1e6);
  return fmt::format("{:.0f} kB", value / 1e3);
}

LaunchFacts gather_ranks(const Communicator& communicator) {
  LaunchFacts facts;
  facts.launcher = launcher(process_environment());
  facts.mpi_library = mpi_library();
  facts.processors_per_core = processors_per_core();
  const CpuShare share = cpu_share(communicator);
  const std::array<std::int64_t, 8> own = {communicator.host(),
                                           share.own_processors,
                                           share.host_processors,
                                           share.host_ranks,
                                           ::sysconf(_SC_NPROCESSORS_ONLN),
                                           bound_processors(),
                                           free_memory(),
                                           mpi_allows_threads() ? 1 : 0};
  const std::vector<std::int64_t> numbers = communicator.gather_all(std::span(own));
  const std::vector<std::string> hosts = communicator.gather_all(communicator.host_name());
  const std::vector<std::string> programs = communicator.gather_all(program());
  const std::vector<std::string> cpus = communicator.gather_all(cpu_list());
  for (std::size_t rank = 0; rank < hosts.size(); ++rank) {
    const std::int64_t* number = numbers.data() + rank * own.size();
    const auto count = [&](int i) { return static_cast<int>(number[i]); };
    facts.ranks.push_back({hosts[rank],
                           programs[rank],
                           cpus[rank],
                           count(0),
                           {count(1), count(2), count(3)},
                           count(4),
                           count(5),
                           number[6],
                           number[7] != 0});
  }
  return facts;
}

void gather_work(const Communicator& communicator, const RunConfig& config, bool oversubscribe,
                 LaunchFacts& facts) {
  facts.batch_size = config.batch_size;
  facts.micro_batch = config.micro_batch.value;
  facts.oversubscribe = oversubscribe;
  const std::int64_t shards = config.batch_size / config.micro_batch.value;
  for (int rank = 0; rank < communicator.size(); ++rank) {
    RankFacts& of_rank = facts.ranks[rank];
    of_rank.micro_batches = leaves_of_rank(shards, communicator.size(), rank).size();
  }
  gather_threads(communicator, config.threads, facts);
  if (config.reduction == ReductionKind::kMpi) return;
  facts.why_not_shared = Host(communicator, 1).why_not_shared();
}

DirectoryFacts directory_facts(const RunConfig& config, std::size_t parameters) {
  std::optional<TrialFile> trial;
  return tried_directory(config, parameters, trial);
}

void gather_directory(const Communicator& communicator, const RunConfig& config,
                      std::size_t parameters, LaunchFacts& facts) {
  std::optional<TrialFile> trial;
  std::string trial_path;
  if (communicator.is_root()) {
    facts.directory = tried_directory(config, parameters, trial);
    if (trial) trial_path = trial->path().string();
  }
  trial_path = communicator.broadcast(trial_path);
  const bool is_seen = trial_path.empty() || appears(trial_path);
  const std::vector<int> all = communicator.gather_all(is_seen ? 1 : 0);
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    facts.ranks[rank].sees_run_directory = all[rank] != 0;
  }
}

}  // namespace tally
