// SPDX-License-Identifier: MIT
#include "role_updates.hpp"

#include <algorithm>

namespace tally {

Sgd sgd_of(const Sgd& sgd, Role role) {
  Sgd result = sgd;
  const bool decays =
      role == Role::kWeight || (role == Role::kBias && sgd.decay == DecayKind::kAll);
  if (!decays) result.weight_decay = 0;
  return result;
}

RoleUpdates::Run RoleUpdates::run_of(const ParameterBlock& block, const Sgd& sgd) {
  const bool learned = is_learned(block.shape.role);
  return {0, learned, learned ? 0 : block.shape.share, sgd_of(sgd, block.shape.role)};
}

RoleUpdates::RoleUpdates(const ParameterLayout& layout, const Sgd& sgd) {
  for (const ParameterBlock& block : layout.blocks()) {
    const Run run = run_of(block, sgd);
    const bool is_alike = !runs_.empty() && runs_.back().is_learned == run.is_learned &&
                          runs_.back().share == run.share &&
                          runs_.back().sgd.weight_decay == run.sgd.weight_decay;
    if (!is_alike) runs_.push_back(run);
    runs_.back().end = static_cast<std::int64_t>(aligned_size(block.offset + block.room()));
  }
}

void RoleUpdates::apply(Range block, BlockSum sum, double learning_rate, Real* velocity,
                        Real* parameters) const {
  auto run = std::ranges::upper_bound(runs_, block.begin, {}, &Run::end);
  for (std::int64_t begin = block.begin; begin < block.end; begin = run++->end) {
    const auto size = static_cast<std::size_t>(std::min(run->end, block.end) - begin);
    const GradientSum gradient{{sum.values + (begin - block.begin), size}, sum.samples};
    if (run->is_learned) {
      update(run->sgd, learning_rate, gradient, {velocity + begin, size},
             {parameters + begin, size});
    } else {
      update_statistic(run->share, gradient, {parameters + begin, size});
    }
  }
}

}  // namespace tally
