// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "tally/parallel/reduction_plan.hpp"

namespace tally {

/// The reduction plans of all steps of a run, one for each number of leaves that a step may have,
/// and the vectors that a GradientTree needs for them: whoever owns the memory asks here how much.
class GradientPlans {
 public:
  /// Of no step: no vectors.
  GradientPlans() = default;

  /// `shards` leaves are dealt out to the workers of `job`.
  GradientPlans(std::int64_t shards, const std::vector<std::int64_t>& leaf_counts,
                const JobLayout& job);

  [[nodiscard]] const std::vector<ReductionPlan>& all() const { return plans_; }
  /// The plan of a step of so many leaves, which must be one of those given.
  [[nodiscard]] const ReductionPlan& of(std::int64_t leaf_count) const;

  /// Vectors that a host has once: between several hosts a total, and partial sums to exchange.
  [[nodiscard]] std::int64_t host_vectors() const;
  /// Vectors of each worker.
  [[nodiscard]] std::int64_t worker_vectors() const;

  /// The most partial sums that a host leaves over, and that its workers leave over for it.
  [[nodiscard]] std::int64_t host_partials() const;
  [[nodiscard]] std::int64_t worker_partials() const;

 private:
  std::vector<ReductionPlan> plans_;
};

}  // namespace tally
