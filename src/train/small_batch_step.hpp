// SPDX-License-Identifier: MIT
#pragma once

#include "batch_step.hpp"
#include "micro_batch_loader.hpp"
#include "row_update.hpp"

// Private to layer train.
namespace tally {

/// A step on so few samples that one worker takes it alone, row by row: the others only agree with
/// it on flags and faults. Between steps only its host has the newest parameters and velocity.
class SmallBatchStep : public BatchStep {
 public:
  explicit SmallBatchStep(StepContext& context);

  void begin() override {}
  std::uint32_t take(int thread, std::uint32_t flags) override;
  void synchronize() override;
  [[nodiscard]] std::vector<Work> work() const override;
  [[nodiscard]] std::string backend() const override { return std::string(kRowBackend); }

 private:
  [[nodiscard]] bool has_samples(int thread) const;
  void compute_and_update(int thread);
  [[nodiscard]] RowUpdate::Result update_rows();
  void share_result();
  [[nodiscard]] int host_of_samples() const;
  [[nodiscard]] std::uint32_t posted_flags() const;

  StepContext& context_;
  int rank_of_samples_ = 0;
  MicroBatchLoader loader_;
  RowUpdate rows_;
};

}  // namespace tally
