// SPDX-License-Identifier: MIT
#include "row_worker.hpp"

namespace tally {

RowWorker::RowWorker(const Network& network, const Loss& loss, const Sgd& sgd,
                     const ShardPlan& plan, const ShardStore& samples)
    : plan_(plan), samples_(samples), step_(network, loss, sgd) {
  rows_.reserve(static_cast<std::size_t>(kMostRows));
  used_.reserve(static_cast<std::size_t>(kMostRows));
}

RowUpdate::Result RowWorker::take(std::int64_t epoch_step, double learning_rate, Real* parameters,
                                  Real* velocity) {
  const Range rows = plan_.rows(epoch_step, 0);
  rows_.clear();
  used_.clear();
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    rows_.push_back(samples_.sample(0, row));
    used_.push_back({0, rows_.back().id});
  }
  const Range next = plan_.rows(epoch_step + 1, 0);
  for (std::int64_t row = next.begin; row < next.end; ++row) samples_.prefetch(0, row);
  return step_.take(rows_, learning_rate, parameters, velocity);
}

}  // namespace tally
