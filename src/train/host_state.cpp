// SPDX-License-Identifier: MIT
#include "host_state.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>

#include <fmt/ranges.h>

#include "tally/core/digest.hpp"

namespace tally {

void HostState::load(const TrainingState& state) const {
  std::ranges::copy(state.parameters, parameters());
  std::ranges::copy(state.velocity, velocity());
}

void HostState::store(TrainingState& state) const {
  state.parameters.assign(all_parameters().begin(), all_parameters().end());
  state.velocity.assign(all_velocity().begin(), all_velocity().end());
}

void HostState::broadcast_from(int host) const {
  for (Real* vector : {parameters(), velocity()}) {
    host_.leaders().broadcast(std::as_writable_bytes(std::span(vector, size_)), host);
  }
}

void HostState::require_one_on_all_hosts(const Communicator& communicator,
                                         const std::string& place) const {
  if (host_.job().host_count() == 1) return;
  // Ranks that hold no copy must not count.
  constexpr std::int64_t kNoCopy = std::numeric_limits<std::int64_t>::max();
  const std::int64_t own = host_.is_leader() ? fingerprint() : kNoCopy;
  const std::int64_t least = communicator.least(own);
  const std::int64_t greatest = -communicator.least(host_.is_leader() ? -own : kNoCopy);
  if (least == greatest) return;
  std::map<std::int64_t, std::vector<std::size_t>> ranks_of;
  const std::vector<std::int64_t> all = communicator.gather_all(std::span(&own, 1));
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    if (all[rank] != kNoCopy) ranks_of[all[rank]].push_back(rank);
  }
  std::vector<std::string> groups;
  for (const auto& [bits, ranks] : ranks_of) {
    groups.push_back(fmt::format("{:015x} on {} {}", bits, ranks.size() == 1 ? "rank" : "ranks",
                                 fmt::join(ranks, ", ")));
  }
  throw AgreedError(
      ExitCode::kFailure,
      fmt::format("{}: parameters and velocity: expected the same bits on all ranks, got {}; the "
                  "processor or memory of a host is faulty: continue with --resume without it",
                  place, fmt::join(groups, "; ")));
}

// Of the bits of parameters and velocity, as 60 of those of a digest.
std::int64_t HostState::fingerprint() const {
  Sha256 hash;
  hash.add(std::as_bytes(all_parameters()));
  hash.add(std::as_bytes(all_velocity()));
  const auto digest = hash.finish();
  std::uint64_t bits = 0;
  std::memcpy(&bits, digest.data(), sizeof(bits));
  return static_cast<std::int64_t>(bits >> 4U);
}

}  // namespace tally
