// SPDX-License-Identifier: MIT
#include "tally/train/trainer.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "leaf_worker.hpp"
#include "tally/core/text.hpp"
#include "tally/train/finite.hpp"
#include "tally/train/step_flags.hpp"

namespace tally {
namespace {

// Those of a full step and of the last step of an epoch.
std::vector<std::int64_t> leaf_counts(const ShardPlan& plan) {
  std::vector<std::int64_t> counts;
  for (const std::int64_t step : {std::int64_t{0}, plan.steps_per_epoch() - 1}) {
    if (std::ranges::find(counts, plan.leaves(step)) == counts.end()) {
      counts.push_back(plan.leaves(step));
    }
  }
  return counts;
}

std::size_t leaf_size(const Network& network) {
  return network.layout().size() + kLeafTail;
}

std::unique_ptr<GradientReducer> make_reducer(ReductionKind kind, const TrainerParts& parts) {
  const std::size_t size = leaf_size(parts.network);
  if (kind == ReductionKind::kMpi) {
    return std::make_unique<MpiReducer>(parts.communicator, parts.team, size);
  }
  return std::make_unique<TreeReducer>(parts.communicator, parts.team, size);
}

// ": 12, 40, 7, ..." or nothing.
std::string listed(std::span<const std::int64_t> ids) {
  constexpr std::size_t kShown = 5;
  if (ids.empty()) return "";
  const auto shown = ids.first(std::min(ids.size(), kShown));
  return fmt::format(": {}{}", fmt::join(shown, ", "), ids.size() > kShown ? ", ..." : "");
}

}  // namespace

Trainer::Trainer(const TrainerParts& parts, const TrainerOptions& options)
    : parts_(parts),
      options_(options),
      sums_(leaf_size(parts.network), parts.plan.shards(), leaf_counts(parts.plan),
            {parts.communicator.size(), parts.communicator.rank(), parts.team.size()}),
      reducer_(make_reducer(options.reduction, parts)) {
  const std::int64_t micro_batch = parts.plan.rows(0, 0).size();
  for (int thread = 0; thread < parts.team.size(); ++thread) {
    workers_.push_back(
        std::make_unique<LeafWorker>(parts.network, parts.loss, parts.samples, micro_batch));
  }
}

Trainer::~Trainer() = default;

StepResult Trainer::step(TrainingState& state, std::uint32_t flags) {
  open_step(state.progress);
  compute_leaves(state.parameters);
  const ReducedStep sum = sum_over_ranks(flags);
  require_finite(sum, state.parameters);
  update_parameters(sum, state);
  return close_step(sum, state.progress);
}

void Trainer::open_step(const Progress& progress) {
  parts_.heartbeat.at_step(progress.step);
  parts_.heartbeat.enter(Phase::kForward);
  if (progress.epoch != open_epoch_) {
    parts_.samples.begin_epoch(progress.epoch);
    open_epoch_ = progress.epoch;
  }
  epoch_step_ = progress.epoch_step;
  step_samples_ = parts_.plan.step_samples(epoch_step_);
  learning_rate_ = options_.schedule.at(progress.samples);
  sums_.begin(parts_.plan.leaves(epoch_step_));
  for (const auto& worker : workers_) worker->begin_step();
}

// An error on one rank must not keep the others waiting: it travels as a flag, and all ranks throw
// it together.
void Trainer::compute_leaves(const AlignedVector& parameters) {
  leaf_error_ = error_of(
      [&] { parts_.team.run([&](int thread) { compute_thread_leaves(thread, parameters); }); });
  if (!leaf_error_) return;
  // agree() names the place of all ranks but the root, whose errors mostly concern everybody.
  const std::string root = parts_.communicator.is_root() ? parts_.communicator.place() + ": " : "";
  leaf_error_ = Error(leaf_error_->exit_code(),
                      fmt::format("{}{}: {}", root, parts_.heartbeat.text(), leaf_error_->what()));
}

void Trainer::compute_thread_leaves(int thread, const AlignedVector& parameters) {
  const Range leaves = sums_.leaves(thread);
  for (std::int64_t leaf = leaves.begin; leaf < leaves.end; ++leaf) {
    workers_[static_cast<std::size_t>(thread)]->compute(
        parameters.data(), {leaf, parts_.plan.rows(epoch_step_, leaf)}, sums_.next_leaf(thread));
    sums_.add_leaf(thread);
  }
}

ReducedStep Trainer::sum_over_ranks(std::uint32_t flags) {
  parts_.heartbeat.enter(Phase::kReduce);
  if (leaf_error_) flags |= kRankFailed;
  const ReducedStep sum = reducer_->reduce(sums_, flags);
  if ((sum.flags & kRankFailed) != 0) parts_.communicator.agree(leaf_error_);
  return sum;
}

// All ranks have the same sum, so all find the same fault.
void Trainer::require_finite(const ReducedStep& sum, const AlignedVector& parameters) {
  const std::size_t element = first_not_finite(sum.total);
  if (element == sum.total.size()) return;
  const ParameterLayout& layout = parts_.network.layout();
  const std::string what =
      element < layout.size() ? "the gradient of " + layout.block_of(element).name() : "the loss";
  const auto guilty = parts_.communicator.gather_all(samples_without_finite_loss(parameters));
  const std::string losses = guilty.empty()
                                 ? ""
                                 : fmt::format("; neither is the loss of {} of {}{}", guilty.size(),
                                               counted(step_samples_, "sample"), listed(guilty));
  throw AgreedError(
      ExitCode::kFailure,
      fmt::format("step {}: {} is not finite{}; start another run with a lower "
                  "--learning-rate than {}",
                  grouped(parts_.heartbeat.step() + 1), what, losses, options_.schedule.peak));
}

std::vector<std::int64_t> Trainer::samples_without_finite_loss(const AlignedVector& parameters) {
  std::vector<std::int64_t> guilty;
  for (int thread = 0; thread < parts_.team.size(); ++thread) {
    const Range leaves = sums_.leaves(thread);
    for (std::int64_t leaf = leaves.begin; leaf < leaves.end; ++leaf) {
      const MicroBatch batch{leaf, parts_.plan.rows(epoch_step_, leaf)};
      const auto losses = workers_.front()->sample_losses(parameters.data(), batch);
      for (std::int64_t row = batch.rows.begin; row < batch.rows.end; ++row) {
        if (!std::isfinite(losses[static_cast<std::size_t>(row - batch.rows.begin)])) {
          guilty.push_back(parts_.samples.sample(leaf, row).id);
        }
      }
    }
  }
  return guilty;
}

void Trainer::update_parameters(const ReducedStep& sum, TrainingState& state) {
  parts_.heartbeat.enter(Phase::kUpdate);
  const Range whole{0, static_cast<std::int64_t>(state.parameters.size())};
  parts_.team.run([&](int thread) {
    const Range slice = part_of(whole, parts_.team.size(), thread, kAlignmentElements);
    const auto begin = static_cast<std::size_t>(slice.begin);
    const auto size = static_cast<std::size_t>(slice.size());
    update(options_.sgd, learning_rate_, {sum.total.subspan(begin, size), step_samples_},
           std::span(state.velocity).subspan(begin, size),
           std::span(state.parameters).subspan(begin, size));
  });
}

std::vector<UsedSample> Trainer::used_samples() const {
  std::vector<UsedSample> all;
  for (const auto& worker : workers_) {
    all.insert(all.end(), worker->used_samples().begin(), worker->used_samples().end());
  }
  return all;
}

StepResult Trainer::close_step(const ReducedStep& sum, Progress& progress) {
  const std::span<const float> tail = sum.total.subspan(parts_.network.layout().size());
  const StepResult result{step_samples_, std::llround(tail[kCorrectElement]), tail[kLossElement],
                          learning_rate_, sum.flags};
  progress.step += 1;
  progress.epoch_step += 1;
  progress.samples += result.samples;
  progress.epoch_loss_sum += result.loss_sum;
  progress.epoch_correct += result.correct;
  progress.epoch_samples += result.samples;
  parts_.heartbeat.at_step(progress.step);
  return result;
}

}  // namespace tally
