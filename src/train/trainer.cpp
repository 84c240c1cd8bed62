// SPDX-License-Identifier: MIT
#include "tally/train/trainer.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include <fmt/format.h>

#include "gradient_fault.hpp"
#include "small_batch_step.hpp"
#include "tally/core/finite.hpp"
#include "tally/core/subnormals.hpp"
#include "tally/core/text.hpp"
#include "tally/train/step_flags.hpp"
#include "tree_step.hpp"

namespace tally {

bool takes_small_batch_steps(const Network& network, const Sgd& sgd, const ShardPlan& plan) {
  return plan.shards() == 1 && RowUpdate::is_faster(network.specs(), sgd, plan.batch_size());
}

Trainer::Trainer(const TrainerParts& parts, const TrainerOptions& options,
                 const TrainingState& state)
    : host_(parts.communicator, parts.team.size(), options.reduction),
      state_(std::make_unique<HostState>(host_, parts.network.layout().size())),
      context_(std::make_unique<StepContext>(parts, options, host_, *state_)) {
  const bool is_small = takes_small_batch_steps(parts.network, options.sgd, parts.plan);
  GradientPlans plans =
      is_small ? GradientPlans()
               : GradientPlans(parts.plan.shards(), parts.plan.leaf_counts(), host_.job());
  host_.allocate(leaf_size(parts.network), HostState::kVectors + plans.host_vectors(),
                 plans.worker_vectors());
  if (host_.is_leader()) state_->load(state);
  parts.communicator.barrier();  // until all hosts have them
  parts.communicator.together([&] {
    if (is_small) {
      step_ = std::make_unique<SmallBatchStep>(*context_);
    } else {
      step_ = std::make_unique<TreeStep>(*context_, std::move(plans));
    }
  });
}

Trainer::~Trainer() = default;

StepResult Trainer::step(Progress& progress, std::uint32_t flags) {
  open_step(progress);
  run_team([&](int thread) {
    const SubnormalsAreZero mode;
    const std::uint32_t all_flags = step_->take(thread, thread == 0 ? flags : 0);
    if (thread == 0) flags_ = all_flags;
  });
  require_all_succeeded();
  require_finite();
  return close_step(progress);
}

void Trainer::open_step(const Progress& progress) {
  const TrainerParts& parts = context_->parts;
  parts.heartbeat.at_step(progress.step);
  if (progress.epoch != context_->open.epoch) {
    parts.samples.begin_epoch(progress.epoch);
    if (parts.copies != nullptr) parts.copies->begin_epoch(progress.epoch);
  }
  context_->open = {progress.epoch, progress.epoch_step,
                    parts.plan.step_samples(progress.epoch_step),
                    context_->options.schedule.at(progress.samples)};
  step_->begin();
  stopwatch().lap(Activity::kOther);
}

// Where a worker fails, those that wait for it must not do so for ever.
template <typename Work>
void Trainer::run_team(Work&& work) {
  std::atomic<bool> has_peer_failed = false;
  std::atomic<Phase> failed_phase = Phase::kForward;
  try {
    context_->parts.team.run([&](int thread) {
      try {
        work(thread);
      } catch (const PeerFailed&) {
        has_peer_failed = true;
      } catch (...) {
        failed_phase = context_->at(thread).phase;
        host_.break_up();
        throw;
      }
    });
  } catch (...) {
    context_->parts.heartbeat.show(failed_phase);
    throw;
  }
  if (has_peer_failed) throw PeerFailed();
}

void Trainer::require_all_succeeded() {
  if ((flags_ & kRankFailed) == 0) return;
  const Communicator& communicator = context_->parts.communicator;
  const auto failed = std::ranges::find_if(
      context_->threads,
      [](const StepContext::Thread& thread) { return thread.error.has_value(); });
  if (failed == context_->threads.end()) communicator.agree(std::nullopt);
  // agree() names the place of all ranks but the root, whose errors mostly concern everybody.
  const std::string root = communicator.is_root() ? communicator.place() + ": " : "";
  communicator.agree(
      Error(failed->error->exit_code(),
            fmt::format("{}step {}, forward: {}", root, grouped(context_->parts.heartbeat.step()),
                        failed->error->what())));
}

// All workers see the same, so all ranks find the same fault.
void Trainer::require_finite() const {
  const std::size_t element = context_->first_bad_element();
  if (element == kNoElement) return;
  std::vector<std::int64_t> guilty;
  for (const BatchStep::Work& work : step_->work()) {
    for (std::size_t i = 0; i < work.losses.size(); ++i) {
      if (!std::isfinite(work.losses[i])) guilty.push_back(work.samples[i].id);
    }
  }
  const TrainerParts& parts = context_->parts;
  report(parts.communicator, parts.network.layout(),
         {element, parts.heartbeat.step() + 1, context_->open.samples,
          context_->options.schedule.peak, guilty});
}

StepResult Trainer::close_step(Progress& progress) {
  const Real* tail = state_->tail();
  const StepResult result{context_->open.samples, std::llround(tail[kCorrectElement]),
                          tail[kLossElement], context_->open.learning_rate, flags_};
  progress.step += 1;
  progress.epoch_step += 1;
  progress.samples += result.samples;
  progress.epoch_loss_sum += result.loss_sum;
  progress.epoch_correct += result.correct;
  progress.epoch_samples += result.samples;
  context_->parts.heartbeat.at_step(progress.step);
  return result;
}

void Trainer::synchronize() {
  step_->synchronize();
}

// A finite gradient can still make an update overflow.
void Trainer::require_sound_state() const {
  const TrainerParts& parts = context_->parts;
  for (const auto& [name, values] :
       {std::pair{"the parameters", parameters()}, {"the velocity", velocity()}}) {
    const std::size_t element = parts.communicator.least(first_not_finite(values));
    if (element == values.size()) continue;
    throw AgreedError(
        ExitCode::kFailure,
        fmt::format("step {}: {} of {} are not finite after the update; start another "
                    "run with a lower --learning-rate than {}",
                    grouped(parts.heartbeat.step()), name,
                    parts.network.layout().block_of(element).name(),
                    context_->options.schedule.peak));
  }
  state_->require_one_on_all_hosts(parts.communicator, parts.heartbeat.text());
}

void Trainer::spoil(Phase phase) {
  if (host_.is_leader()) context_->spoil(phase, 0, *state_->parameters());
}

std::span<const Real> Trainer::parameters() const {
  return state_->all_parameters();
}

std::span<const Real> Trainer::velocity() const {
  return state_->all_velocity();
}

void Trainer::store(TrainingState& state) const {
  state_->store(state);
}

std::string Trainer::backend() const {
  return step_->backend();
}

Stopwatch& Trainer::stopwatch() {
  return context_->at(0).stopwatch;
}

std::vector<UsedSample> Trainer::used_samples() const {
  std::vector<UsedSample> all;
  for (const BatchStep::Work& work : step_->work()) {
    all.insert(all.end(), work.samples.begin(), work.samples.end());
  }
  return all;
}

}  // namespace tally
