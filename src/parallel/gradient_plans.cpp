// SPDX-License-Identifier: MIT
#include "tally/parallel/gradient_plans.hpp"

#include <algorithm>
#include <cassert>

namespace tally {
namespace {

template <typename Size>
std::int64_t largest(const std::vector<ReductionPlan>& plans, Size&& size_of) {
  std::int64_t most = 0;
  for (const ReductionPlan& plan : plans) most = std::max<std::int64_t>(most, size_of(plan));
  return most;
}

}  // namespace

GradientPlans::GradientPlans(std::int64_t shards, const std::vector<std::int64_t>& leaf_counts,
                             const JobLayout& job) {
  for (const std::int64_t leaf_count : leaf_counts) plans_.emplace_back(shards, leaf_count, job);
}

const ReductionPlan& GradientPlans::of(std::int64_t leaf_count) const {
  const auto found = std::ranges::find(plans_, leaf_count, &ReductionPlan::leaf_count);
  assert(found != plans_.end());
  return *found;
}

std::int64_t GradientPlans::host_vectors() const {
  const bool is_exchanged = !plans_.empty() && plans_.front().host_leaves.size() > 1;
  return is_exchanged ? 1 + host_partials() : 0;
}

std::int64_t GradientPlans::worker_vectors() const {
  return largest(plans_, [](const auto& plan) { return plan.slots_per_worker; });
}

std::int64_t GradientPlans::host_partials() const {
  return largest(plans_, [](const auto& plan) { return plan.host_partials.size(); });
}

std::int64_t GradientPlans::worker_partials() const {
  return largest(plans_, [](const auto& plan) { return plan.worker_partials.size(); });
}

}  // namespace tally
