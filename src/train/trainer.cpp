// SPDX-License-Identifier: MIT
#include "tally/train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

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

// Of every size that a micro-batch may have: a full one, and the ends of shards.
std::vector<std::int64_t> micro_batch_sizes(const ShardPlan& plan) {
  std::vector<std::int64_t> sizes = {plan.rows(0, 0).size()};
  const std::int64_t last = plan.steps_per_epoch() - 1;
  for (std::int64_t shard = 0; shard < plan.leaves(last); ++shard) {
    const std::int64_t size = plan.rows(last, shard).size();
    if (std::ranges::find(sizes, size) == sizes.end()) sizes.push_back(size);
  }
  return sizes;
}

std::size_t leaf_size(const Network& network) {
  return network.layout().size() + kLeafTail;
}

// The vectors of a node. Behind the parameters lies the tail of the last step's sum.
constexpr int kParameters = 0;
constexpr int kVelocity = 1;
constexpr int kNodeVectors = 2;

// No element of a vector.
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

// ": 12, 40, 7, ..." or nothing.
std::string listed(std::span<const std::int64_t> ids) {
  constexpr std::size_t kShown = 5;
  if (ids.empty()) return "";
  const auto shown = ids.first(std::min(ids.size(), kShown));
  return fmt::format(": {}{}", fmt::join(shown, ", "), ids.size() > kShown ? ", ..." : "");
}

}  // namespace

Trainer::Trainer(const TrainerParts& parts, const TrainerOptions& options,
                 const TrainingState& state)
    : parts_(parts),
      options_(options),
      node_(parts.communicator, parts.team.size(),
            options.reduction == ReductionKind::kMpi ? Sharing::kNone : Sharing::kHost),
      leaf_errors_(static_cast<std::size_t>(parts.team.size())) {
  const std::int64_t micro_batch = parts.plan.rows(0, 0).size();
  bool adds_in_place = true;
  parts_.communicator.together([&] {
    for (int thread = 0; thread < parts.team.size(); ++thread) {
      workers_.push_back(std::make_unique<LeafWorker>(parts.network, parts.loss, parts.samples,
                                                      micro_batch, options.kernels));
    }
    for (const std::int64_t size : micro_batch_sizes(parts.plan)) {
      adds_in_place &= parts.network.adds_exactly(worker(0).workspace(), size);
    }
  });
  const GradientTree::Shape shape{leaf_size(parts.network), parts.plan.shards(),
                                  leaf_counts(parts.plan), adds_in_place};
  tree_ = std::make_unique<GradientTree>(
      node_, shape, kNodeVectors,
      options.reduction == ReductionKind::kMpi ? ExchangeKind::kMpi : ExchangeKind::kTree);
  if (node_.is_leader()) {
    std::ranges::copy(state.parameters, node_vector(kParameters));
    std::ranges::copy(state.velocity, node_vector(kVelocity));
  }
  static_cast<void>(parts_.communicator.sum(0));  // until all nodes have them
}

Trainer::~Trainer() = default;

StepResult Trainer::step(Progress& progress, std::uint32_t flags) {
  open_step(progress);
  parts_.team.run([&](int thread) {
    compute_leaves(thread);
    sum_gradients(thread, flags);
    update_parameters(thread);
  });
  require_all_succeeded();
  require_finite();
  return close_step(progress);
}

void Trainer::open_step(const Progress& progress) {
  parts_.heartbeat.at_step(progress.step);
  if (progress.epoch != open_epoch_) {
    parts_.samples.begin_epoch(progress.epoch);
    open_epoch_ = progress.epoch;
  }
  epoch_step_ = progress.epoch_step;
  step_samples_ = parts_.plan.step_samples(epoch_step_);
  learning_rate_ = options_.schedule.at(progress.samples);
  tree_->begin(parts_.plan.leaves(epoch_step_));
  stopwatch().lap(Span::kOther);
}

// An error on one worker must not keep the others waiting: it travels as a flag, and all ranks
// throw it together.
void Trainer::compute_leaves(int thread) {
  if (thread == 0) parts_.heartbeat.enter(Phase::kForward);
  leaf_errors_[static_cast<std::size_t>(thread)] = error_of([&] {
    worker(thread).begin_step();
    const Range leaves = tree_->leaves().leaves(thread);
    for (std::int64_t leaf = leaves.begin; leaf < leaves.end; ++leaf) {
      const MicroBatch next = leaf + 1 < leaves.end ? micro_batch(epoch_step_, leaf + 1)
                                                    : micro_batch(epoch_step_ + 1, leaves.begin);
      worker(thread).compute(node_vector(kParameters), micro_batch(epoch_step_, leaf), next,
                             tree_->leaves().next_leaf(thread));
      tree_->leaves().add_leaf(thread);
      worker(thread).stopwatch().lap(Span::kReduce);
    }
  });
}

MicroBatch Trainer::micro_batch(std::int64_t epoch_step, std::int64_t shard) const {
  return {shard, parts_.plan.rows(epoch_step, shard)};
}

void Trainer::sum_gradients(int thread, std::uint32_t flags) {
  if (thread == 0) parts_.heartbeat.enter(Phase::kReduce);
  std::uint32_t own_flags = thread == 0 ? flags : 0;
  if (leaf_errors_[static_cast<std::size_t>(thread)]) own_flags |= kRankFailed;
  const std::uint32_t all_flags = tree_->combine(thread, own_flags);
  if (thread == 0) flags_ = all_flags;
  worker(thread).stopwatch().lap(Span::kWait);
}

// Each worker its slice. A sum that is not finite is left out of the parameters and shown to all.
void Trainer::update_parameters(int thread) {
  if (thread == 0) parts_.heartbeat.enter(Phase::kUpdate);
  std::size_t first_bad = kNone;
  tree_->for_each_block(thread, [&](Range block, const float* sum) {
    const auto size = static_cast<std::size_t>(block.size());
    const std::size_t bad = first_not_finite({sum, size});
    if (bad == size) {
      update_block(block, sum);
    } else {
      first_bad = std::min(first_bad, static_cast<std::size_t>(block.begin) + bad);
    }
  });
  node_.post(Node::Board::kSecond, node_.worker(thread), first_bad);
  worker(thread).stopwatch().lap(Span::kUpdate);
  if (thread == 0) parts_.heartbeat.enter(Phase::kReduce);  // which includes waiting for others
  node_.wait();
  worker(thread).stopwatch().lap(Span::kWait);
}

void Trainer::update_block(Range block, const float* sum) const {
  const auto begin = static_cast<std::size_t>(block.begin);
  const std::size_t layout_end =
      std::clamp(parts_.network.layout().size(), begin, static_cast<std::size_t>(block.end));
  const std::size_t size = layout_end - begin;
  update(options_.sgd, learning_rate_, {{sum, size}, step_samples_},
         {node_vector(kVelocity) + begin, size}, {node_vector(kParameters) + begin, size});
  std::copy(sum + size, sum + block.size(), node_vector(kParameters) + layout_end);
}

void Trainer::require_all_succeeded() {
  if ((flags_ & kRankFailed) == 0) return;
  const auto failed =
      std::ranges::find_if(leaf_errors_, [](const auto& e) { return e.has_value(); });
  if (failed == leaf_errors_.end()) parts_.communicator.agree(std::nullopt);
  // agree() names the place of all ranks but the root, whose errors mostly concern everybody.
  const std::string root = parts_.communicator.is_root() ? parts_.communicator.place() + ": " : "";
  parts_.communicator.agree(Error(
      (*failed)->exit_code(), fmt::format("{}step {}, forward: {}", root,
                                          grouped(parts_.heartbeat.step()), (*failed)->what())));
}

// All workers see the same, so all ranks find the same fault.
void Trainer::require_finite() const {
  std::size_t element = kNone;
  for (int worker = 0; worker < node_.workers(); ++worker) {
    element = std::min<std::size_t>(element, node_.posted(Node::Board::kSecond, worker));
  }
  if (element == kNone) return;
  const ParameterLayout& layout = parts_.network.layout();
  const std::string what =
      element < layout.size() ? "the gradient of " + layout.block_of(element).name() : "the loss";
  const auto guilty = parts_.communicator.gather_all(samples_without_finite_loss());
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

std::vector<std::int64_t> Trainer::samples_without_finite_loss() const {
  std::vector<std::int64_t> guilty;
  for (const auto& worker : workers_) {
    for (std::size_t i = 0; i < worker->losses().size(); ++i) {
      if (!std::isfinite(worker->losses()[i])) guilty.push_back(worker->used_samples()[i].id);
    }
  }
  return guilty;
}

std::span<const Real> Trainer::parameters() const {
  return {node_vector(kParameters), parts_.network.layout().size()};
}

std::span<const Real> Trainer::velocity() const {
  return {node_vector(kVelocity), parts_.network.layout().size()};
}

void Trainer::store(TrainingState& state) const {
  state.parameters.assign(parameters().begin(), parameters().end());
  state.velocity.assign(velocity().begin(), velocity().end());
}

Stopwatch& Trainer::stopwatch() {
  return worker(0).stopwatch();
}

std::vector<UsedSample> Trainer::used_samples() const {
  std::vector<UsedSample> all;
  for (const auto& worker : workers_) {
    all.insert(all.end(), worker->used_samples().begin(), worker->used_samples().end());
  }
  return all;
}

StepResult Trainer::close_step(Progress& progress) {
  const Real* tail = node_vector(kParameters) + parts_.network.layout().size();
  const StepResult result{step_samples_, std::llround(tail[kCorrectElement]), tail[kLossElement],
                          learning_rate_, flags_};
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
