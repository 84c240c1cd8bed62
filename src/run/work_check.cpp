// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>

#include "tally/core/text.hpp"
#include "tally/run/launch_check.hpp"

namespace tally {
namespace {

std::string micro_batches_text(std::int64_t count) {
  return grouped(count) + (count == 1 ? " micro-batch" : " micro-batches");
}

constexpr std::string_view kUnbind =
    "unset OMP_PROC_BIND, OMP_PLACES and GOMP_CPU_AFFINITY, and let the launcher bind ranks";

bool is_beyond_binding(const LaunchFacts& facts, const RankFacts& rank) {
  return rank.threads > rank.cores.own_cores && !facts.oversubscribe;
}

bool is_bound_by_openmp(const RankFacts& rank) {
  return rank.bound_cores > rank.cores.own_cores;
}

std::string remedy_for_threads(const RankFacts& rank) {
  if (rank.bound_cores >= rank.threads) return std::string(kUnbind);
  if (rank.threads > rank.host_cores) {
    return fmt::format("use at most --threads {}", rank.cores.own_cores);
  }
  return fmt::format("launch with mpirun --bind-to none, or --map-by slot:PE={}", rank.threads);
}

// OMP_NUM_THREADS, whose wish is cut.
bool is_cut_to_binding(const RankFacts& rank) {
  return rank.wanted_by == ThreadSource::kOpenMp && rank.threads_by == ThreadSource::kCores;
}

std::string remedy_for_wish(const RankFacts& rank) {
  const auto useful = std::min<std::int64_t>(
      {rank.wanted_threads, rank.host_cores, std::max<std::int64_t>(1, rank.micro_batches)});
  if (useful <= rank.cores.own_cores) return "unset it";
  return fmt::format("launch with mpirun --bind-to none, or --map-by slot:PE={}, or unset it",
                     useful);
}

void check_thread_counts(const LaunchFacts& facts, Findings& findings) {
  const auto without =
      facts.ranks_that([](const RankFacts& rank) { return !rank.no_threads.empty(); });
  if (without.empty()) return;
  findings.error("{}: {}", facts.place_of(without), facts.ranks[without.front()].no_threads);
}

void check_threads_of_ranks(const LaunchFacts& facts, Findings& findings) {
  const auto beyond =
      facts.ranks_that([&](const RankFacts& rank) { return is_beyond_binding(facts, rank); });
  if (beyond.empty()) return;
  const RankFacts& first = facts.ranks[beyond.front()];
  findings.error("{}: expected at most the {} that {} {} bound to, got {}; {}",
                 name_of(first.threads_by), counted(first.cores.own_cores, "core"),
                 facts.place_of(beyond), beyond.size() == 1 ? "is" : "are", first.threads,
                 remedy_for_threads(first));
}

void check_wishes_for_threads(const LaunchFacts& facts, Findings& findings) {
  const auto cut = facts.ranks_that(
      [](const RankFacts& rank) { return is_cut_to_binding(rank) && !is_bound_by_openmp(rank); });
  if (cut.empty()) return;
  const RankFacts& first = facts.ranks[cut.front()];
  findings.warning("{}: {} asked for, but {} {} bound to {}, and {} no more; {}",
                   name_of(first.wanted_by), counted(first.wanted_threads, "thread"),
                   facts.place_of(cut), cut.size() == 1 ? "is" : "are",
                   counted(first.cores.own_cores, "core"), cut.size() == 1 ? "takes" : "take",
                   remedy_for_wish(first));
}

void check_openmp_binding(const LaunchFacts& facts, Findings& findings) {
  const auto bound = facts.ranks_that([&](const RankFacts& rank) {
    return is_bound_by_openmp(rank) && !is_beyond_binding(facts, rank);
  });
  if (bound.empty()) return;
  const RankFacts& first = facts.ranks[bound.front()];
  findings.warning(
      "{}: OpenMP has bound the main thread to {} of {}, which is all that tally sees; {}",
      facts.place_of(bound), grouped(first.cores.own_cores), counted(first.bound_cores, "core"),
      kUnbind);
}

// Ranks of one thread that share cores are meant where the launcher was told so; threads that spin
// at barriers keep each other from working all the same.
void check_threads_of_nodes(const LaunchFacts& facts, Findings& findings) {
  std::map<int, int> threads_of_node;
  std::map<int, bool> has_teams;
  for (const RankFacts& rank : facts.ranks) {
    threads_of_node[rank.node] += rank.threads;
    has_teams[rank.node] |= rank.threads > 1;
  }
  const auto crowded = facts.ranks_that([&](const RankFacts& rank) {
    const bool waits_badly =
        has_teams[rank.node] ? facts.launcher.spins : !facts.launcher.oversubscribes;
    const bool is_named_already = is_beyond_binding(facts, rank) || is_bound_by_openmp(rank);
    return threads_of_node[rank.node] > rank.cores.node_cores && waits_badly && !is_named_already;
  });
  if (crowded.empty()) return;
  const RankFacts& first = facts.ranks[crowded.front()];
  findings.warning(
      "{}: {} on {}: oversubscribed: spinning threads steal cores; use fewer ranks or --threads, "
      "or {}",
      facts.place_of(crowded), counted(threads_of_node[first.node], "thread"),
      counted(first.cores.node_cores, "core"),
      has_teams[first.node] ? "set OMP_WAIT_POLICY=passive"
                            : "bind the ranks to cores of their own");
}

void check_even_threads(const LaunchFacts& facts, Findings& findings) {
  int most = 0;
  for (const RankFacts& rank : facts.ranks) most = std::max(most, rank.threads);
  const auto with_fewer = facts.ranks_that([&](const RankFacts& rank) {
    return rank.no_threads.empty() &&
           rank.threads < std::min<std::int64_t>(most, rank.micro_batches);
  });
  if (with_fewer.empty()) return;
  const RankFacts& slowest = facts.ranks[with_fewer.front()];
  findings.warning(
      "{}: {} for {}, while other ranks have {}: these wait for it in every step; give every rank "
      "as many cores (mpirun --map-by slot:PE={}), and unset {}",
      facts.place_of(with_fewer), counted(slowest.threads, "thread"),
      micro_batches_text(slowest.micro_batches), most, most,
      name_of(is_environment(slowest.threads_by) ? slowest.threads_by : ThreadSource::kLimit));
}

void check_idle_workers(const LaunchFacts& facts, Findings& findings) {
  std::int64_t workers = 0;
  for (const RankFacts& rank : facts.ranks) workers += rank.threads;
  const std::int64_t micro_batches = facts.batch_size / facts.micro_batch;
  if (workers <= micro_batches) return;
  findings.warning(
      "{} for {} a step: {} without work; start the next run with {}a larger --batch-size than {}",
      counted(workers, "worker"), micro_batches_text(micro_batches), workers - micro_batches,
      facts.micro_batch == 1
          ? ""
          : fmt::format("a smaller --micro-batch than {}, or ", facts.micro_batch),
      facts.batch_size);
}

void check_sharing(const LaunchFacts& facts, Findings& findings) {
  if (facts.why_not_shared.empty()) return;
  findings.warning(
      "{}: the ranks of a host exchange messages instead, which is slower; start them in one "
      "container (with one /proc), as one user",
      facts.why_not_shared);
}

}  // namespace

void check_classes(std::int64_t outputs, std::int64_t classes, Findings& findings) {
  if (outputs <= classes) return;
  findings.warning(
      "--network: the last layer has {} outputs, but the labels of the data are 0 to {}: {} of "
      "them "
      "are never right; did you mean it to end in dense:{}?",
      outputs, classes - 1, outputs - classes, classes);
}

void check_work(const LaunchFacts& facts, Findings& findings) {
  check_thread_counts(facts, findings);
  check_threads_of_ranks(facts, findings);
  check_wishes_for_threads(facts, findings);
  check_openmp_binding(facts, findings);
  check_threads_of_nodes(facts, findings);
  check_even_threads(facts, findings);
  check_idle_workers(facts, findings);
  check_sharing(facts, findings);
}

}  // namespace tally
