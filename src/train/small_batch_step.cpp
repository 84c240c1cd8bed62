// SPDX-License-Identifier: MIT
#include "small_batch_step.hpp"

#include <algorithm>
#include <array>

#include "tally/core/finite.hpp"
#include "tally/train/step_flags.hpp"

namespace tally {
namespace {

// Rows of weights that no step touches could hide a NaN.
void require_finite(const ParameterLayout& layout, std::span<const Real> parameters) {
  const std::size_t bad = first_not_finite(parameters);
  if (bad == parameters.size()) return;
  throw AgreedError(
      ExitCode::kFailure,
      fmt::format("{} of the run is not finite; start another run", layout.block_of(bad).name()));
}

// The one shard is that of the last rank, since ranges of leaves are dealt out from there.
int rank_of_only_shard(int ranks) {
  int rank = 0;
  while (leaves_of_rank(1, ranks, rank).is_empty()) ++rank;
  return rank;
}

}  // namespace

SmallBatchStep::SmallBatchStep(StepContext& context)
    : context_(context),
      rank_of_samples_(rank_of_only_shard(context.host.job().ranks())),
      loader_(context.parts.plan, context.parts.samples, context.parts.copies),
      rows_(context.parts.network, context.parts.loss, context.options.sgd) {
  require_finite(context.parts.network.layout(), context.state.all_parameters());
}

std::uint32_t SmallBatchStep::take(int thread, std::uint32_t flags) {
  const Host& host = context_.host;
  context_.enter(Phase::kReduce, thread);
  host.post(Host::Board::kFlags, host.worker(thread), flags);
  context_.post_bad_element(thread, kNoElement);
  host.wait();
  flags = posted_flags();
  context_.lap(Activity::kWait, thread);
  if (has_samples(thread)) compute_and_update(thread);
  host.wait();
  if (host.job().host_count() > 1) {
    if (thread == 0 && host.is_leader()) share_result();
    host.wait();
    flags = posted_flags();
  }
  if (context_.state.tail()[kFailedElement] != 0) flags |= kRankFailed;
  context_.lap(Activity::kWait, thread);
  return flags;
}

bool SmallBatchStep::has_samples(int thread) const {
  const JobLayout& job = context_.host.job();
  return job.rank == rank_of_samples_ && !part_of({0, 1}, job.threads[job.rank], thread).is_empty();
}

void SmallBatchStep::compute_and_update(int thread) {
  RowUpdate::Result result;
  context_.at(thread).error = error_of([&] {
    context_.enter(Phase::kForward, thread);
    result = update_rows();
  });
  Real* tail = context_.state.tail();
  tail[kLossElement] = static_cast<Real>(result.loss);
  tail[kCorrectElement] = static_cast<Real>(result.correct);
  tail[kFailedElement] = context_.at(thread).error ? 1 : 0;
  context_.post_bad_element(thread, result.bad_element);
  context_.lap(Activity::kUpdate, thread);
}

RowUpdate::Result SmallBatchStep::update_rows() {
  const ShardPlan& plan = context_.parts.plan;
  const OpenStep& open = context_.open;
  loader_.begin_step(open.epoch);
  loader_.load({0, plan.rows(open.epoch_step, 0)}, {0, plan.rows(open.epoch_step + 1, 0)},
               rows_.inputs());
  return rows_.take(loader_.images(), loader_.labels(), open.learning_rate,
                    context_.state.parameters(), context_.state.velocity());
}

// From the host that took the step to the leaders of the others: flags, tail and fault, but not the
// vectors, which synchronize() brings when they are wanted.
void SmallBatchStep::share_result() {
  const Host& host = context_.host;
  struct Shared {
    std::array<Real, kLeafTail> tail;
    std::uint64_t bad_element;
  } shared{};
  Real* tail = context_.state.tail();
  std::copy_n(tail, kLeafTail, shared.tail.begin());
  shared.bad_element = context_.first_bad_element();
  host.leaders().broadcast(std::as_writable_bytes(std::span(&shared, 1)), host_of_samples());
  std::ranges::copy(shared.tail, tail);
  host.post(Host::Board::kBadElement, 0, shared.bad_element);
  host.post(Host::Board::kFlags, 0, host.leaders().any_of(posted_flags()));
}

std::uint32_t SmallBatchStep::posted_flags() const {
  return context_.host.posted_by_any(Host::Board::kFlags);
}

int SmallBatchStep::host_of_samples() const {
  return context_.host.job().hosts[rank_of_samples_];
}

void SmallBatchStep::synchronize() {
  if (context_.host.job().host_count() == 1) return;
  if (context_.host.is_leader()) context_.state.broadcast_from(host_of_samples());
  context_.parts.communicator.barrier();  // until all leaders have them
}

std::vector<BatchStep::Work> SmallBatchStep::work() const {
  return {{loader_.used_samples(), rows_.losses()}};
}

}  // namespace tally
