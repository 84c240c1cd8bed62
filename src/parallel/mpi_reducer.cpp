// SPDX-License-Identifier: MIT
#include <algorithm>

#include "tally/parallel/gradient_reducer.hpp"

namespace tally {

MpiReducer::MpiReducer(const Communicator& communicator, const ThreadTeam& team,
                       std::size_t vector_size)
    : communicator_(communicator), team_(team), total_(vector_size) {}

ReducedStep MpiReducer::reduce(LeafSums& sums, std::uint32_t flags) {
  std::ranges::fill(total_, 0.0F);
  for (const float* partial : sums.merge(team_)) {
    add_vectors(total_.data(), partial, {0, static_cast<std::int64_t>(total_.size())});
  }
  communicator_.sum(total_);
  return {total_, communicator_.any_of(flags)};
}

}  // namespace tally
