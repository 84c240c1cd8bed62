// SPDX-License-Identifier: MIT
#include "tally/train/trainer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "block_times.hpp"
#include "gradient_fault.hpp"
#include "leaf_worker.hpp"
#include "node_state.hpp"
#include "row_worker.hpp"
#include "tally/core/finite.hpp"
#include "tally/core/subnormals.hpp"
#include "tally/core/text.hpp"
#include "tally/train/step_flags.hpp"

namespace tally {
namespace {

// Rows that no step of this kind touches could hide a NaN.
void require_finite_start(const TrainingState& state) {
  const std::size_t bad = first_not_finite(state.parameters);
  if (bad == state.parameters.size()) return;
  throw AgreedError(ExitCode::kFailure,
                    fmt::format("{} of the run is not finite; start another run",
                                state.layout.block_of(bad).name()));
}

// What a leaf holds besides gaps: rows of gradients, and the tail.
std::vector<Range> leaf_values(const ParameterLayout& layout) {
  std::vector<Range> values = layout.rows();
  const auto tail = static_cast<std::int64_t>(layout.size());
  values.push_back({tail, tail + static_cast<std::int64_t>(kLeafTail)});
  return values;
}

std::size_t leaf_size(const Network& network) {
  return network.layout().size() + kLeafTail;
}

// No element of a vector.
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

}  // namespace

bool takes_row_steps(const Network& network, const Sgd& sgd, const ShardPlan& plan) {
  return plan.shards() == 1 && RowUpdate::is_faster(network.specs(), sgd, plan.batch_size());
}

Trainer::Trainer(const TrainerParts& parts, const TrainerOptions& options,
                 const TrainingState& state)
    : parts_(parts),
      options_(options),
      node_(parts.communicator, parts.team.size(),
            options.reduction == ReductionKind::kMpi ? Sharing::kNone : Sharing::kHost),
      state_(std::make_unique<NodeState>(node_, parts.network.layout().size())),
      leaf_errors_(static_cast<std::size_t>(parts.team.size())),
      phases_(static_cast<std::size_t>(parts.team.size())) {
  const std::int64_t micro_batch = parts.plan.micro_batch();
  bool adds_in_place = true;
  parts_.communicator.together([&] {
    for (int thread = 0; thread < parts.team.size(); ++thread) {
      workers_.push_back(std::make_unique<LeafWorker>(parts.network, parts.loss, parts.samples,
                                                      micro_batch, options.kernels));
    }
    for (const std::int64_t size : parts.plan.micro_batch_sizes()) {
      adds_in_place &= parts.network.adds_exactly(size, worker(0).workspace().gemm());
    }
  });
  if (options.may_use_rows && takes_row_steps(parts.network, options.sgd, parts.plan)) {
    row_worker_ = std::make_unique<RowWorker>(parts.network, parts.loss, options.sgd, parts.plan,
                                              parts.samples);
    require_finite_start(state);
  }
  const GradientTree::Shape shape{leaf_size(parts.network), parts.plan.shards(),
                                  parts.plan.leaf_counts(), adds_in_place,
                                  leaf_values(parts.network.layout())};
  tree_ = std::make_unique<GradientTree>(
      node_, shape,
      GradientTree::Options{
          NodeState::kVectors,
          options.reduction == ReductionKind::kMpi ? ExchangeKind::kMpi : ExchangeKind::kTree,
          parts.heartbeat.awaited()});
  if (node_.is_leader()) state_->load(state);
  static_cast<void>(parts_.communicator.sum(0));  // until all nodes have them
}

Trainer::~Trainer() = default;

StepResult Trainer::step(Progress& progress, std::uint32_t flags) {
  open_step(progress);
  run_team([&](int thread) {
    const SubnormalsAreZero mode;
    if (row_worker_) return take_row_step(thread, flags);
    compute_leaves(thread);
    sum_gradients(thread, flags);
    update_parameters(thread);
  });
  require_all_succeeded();
  require_finite();
  return close_step(progress);
}

// Where a worker fails, those that wait for it must not do so for ever.
template <typename Work>
void Trainer::run_team(Work&& work) {
  std::atomic<bool> has_peer_failed = false;
  std::atomic<Phase> failed_phase = Phase::kForward;
  try {
    parts_.team.run([&](int thread) {
      try {
        work(thread);
      } catch (const PeerFailed&) {
        has_peer_failed = true;
      } catch (...) {
        failed_phase = phases_[static_cast<std::size_t>(thread)];
        node_.break_up();
        throw;
      }
    });
  } catch (...) {
    parts_.heartbeat.enter(failed_phase);
    throw;
  }
  if (has_peer_failed) throw PeerFailed();
}

void Trainer::enter(int thread, Phase phase) {
  if (!is_guarded_) return;
  phases_[static_cast<std::size_t>(thread)] = phase;
  if (thread == 0) parts_.heartbeat.enter(phase);
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
  enter(thread, Phase::kForward);
  leaf_errors_[static_cast<std::size_t>(thread)] = error_of([&] {
    worker(thread).begin_step();
    parts_.heartbeat.strike(Phase::kForward, thread);
    const Range leaves = tree_->leaves().leaves(thread);
    for (std::int64_t leaf = leaves.begin; leaf < leaves.end; ++leaf) {
      const MicroBatch next = leaf + 1 < leaves.end ? micro_batch(epoch_step_, leaf + 1)
                                                    : micro_batch(epoch_step_ + 1, leaves.begin);
      const LeafPlace place = tree_->leaves().next_leaf(thread);
      worker(thread).compute(state_->parameters(), micro_batch(epoch_step_, leaf), next, place);
      parts_.heartbeat.spoil(Phase::kForward, thread, *place.vector);
      tree_->leaves().add_leaf(thread);
      worker(thread).stopwatch().lap(Span::kReduce);
    }
  });
}

MicroBatch Trainer::micro_batch(std::int64_t epoch_step, std::int64_t shard) const {
  return {shard, parts_.plan.rows(epoch_step, shard)};
}

void Trainer::sum_gradients(int thread, std::uint32_t flags) {
  enter(thread, Phase::kReduce);
  parts_.heartbeat.strike(Phase::kReduce, thread);
  if (!tree_->leaves().leaves(thread).is_empty()) {
    parts_.heartbeat.spoil(Phase::kReduce, thread, *node_.worker_vector(node_.worker(thread), 0));
  }
  std::uint32_t own_flags = thread == 0 ? flags : 0;
  if (leaf_errors_[static_cast<std::size_t>(thread)]) own_flags |= kRankFailed;
  const std::uint32_t all_flags = tree_->combine(thread, own_flags);
  if (thread == 0) flags_ = all_flags;
  worker(thread).stopwatch().lap(Span::kWait);
}

// Each worker its slice, summed and used block by block. A sum that is not finite is left out of
// the parameters and shown to all.
void Trainer::update_parameters(int thread) {
  enter(thread, Phase::kUpdate);
  parts_.heartbeat.strike(Phase::kUpdate, thread);
  std::size_t first_bad = kNone;
  BlockTimes times(worker(thread).stopwatch());
  const Range slice = tree_->slice_of(thread);
  for (auto begin = slice.begin; begin < slice.end; begin += GradientTree::kBlockElements) {
    const Range block{begin, std::min(begin + GradientTree::kBlockElements, slice.end)};
    times.begin_block();
    const float* sum = tree_->block_sum(thread, block);
    times.end_sum();
    const auto size = static_cast<std::size_t>(block.size());
    const std::size_t bad = is_guarded_ ? first_not_finite({sum, size}) : size;
    if (bad == size) {
      update_block(block, sum);
    } else {
      first_bad = std::min(first_bad, static_cast<std::size_t>(begin) + bad);
    }
    times.end_block();
  }
  if (!slice.is_empty()) {
    parts_.heartbeat.spoil(Phase::kUpdate, thread, state_->parameters()[slice.begin]);
  }
  if (is_guarded_) node_.post(Node::Board::kSecond, node_.worker(thread), first_bad);
  worker(thread).stopwatch().lap(Span::kReduce, times.share_of_sums(), Span::kUpdate);
  enter(thread, Phase::kReduce);  // which includes waiting for others
  node_.wait();
  worker(thread).stopwatch().lap(Span::kWait);
}

// The one worker that has the samples computes and updates alone; the others only agree with it.
void Trainer::take_row_step(int thread, std::uint32_t flags) {
  enter(thread, Phase::kReduce);
  parts_.heartbeat.strike(Phase::kReduce, thread);
  const auto flags_of_node = [&] {
    return static_cast<std::uint32_t>(node_.posted_by_any(Node::Board::kFirst));
  };
  node_.post(Node::Board::kFirst, node_.worker(thread), thread == 0 ? flags : 0);
  node_.post(Node::Board::kSecond, node_.worker(thread), kNone);
  node_.wait();
  if (thread == 0) flags_ = flags_of_node();
  worker(thread).stopwatch().lap(Span::kWait);
  if (!tree_->leaves().leaves(thread).is_empty()) update_by_rows(thread);
  node_.wait();
  if (node_.job().node_count() > 1) {
    if (thread == 0 && node_.is_leader()) share_row_step();
    node_.wait();
    if (thread == 0) flags_ = flags_of_node();
  }
  if (thread == 0 && state_->tail()[kFailedElement] != 0) flags_ |= kRankFailed;
  worker(thread).stopwatch().lap(Span::kWait);
}

void Trainer::update_by_rows(int thread) {
  enter(thread, Phase::kForward);
  const auto number = static_cast<std::size_t>(thread);
  RowUpdate::Result result;
  leaf_errors_[number] = error_of([&] {
    parts_.heartbeat.strike(Phase::kForward, thread);
    result =
        row_worker_->take(epoch_step_, learning_rate_, state_->parameters(), state_->velocity());
  });
  state_->tail()[kLossElement] = static_cast<Real>(result.loss);
  state_->tail()[kCorrectElement] = static_cast<Real>(result.correct);
  state_->tail()[kFailedElement] = leaf_errors_[number] ? 1 : 0;
  node_.post(Node::Board::kSecond, node_.worker(thread),
             result.bad_element == RowUpdate::kAllFinite ? kNone : result.bad_element);
  worker(thread).stopwatch().lap(Span::kUpdate);
}

// From the node that took the step to the leaders of the others: flags, tail and fault, but not the
// vectors, which synchronize() brings when they are wanted.
void Trainer::share_row_step() {
  struct Shared {
    std::array<Real, kLeafTail> tail;
    std::uint64_t bad_element;
  } shared{};
  std::copy_n(state_->tail(), kLeafTail, shared.tail.begin());
  shared.bad_element = first_bad_element();
  node_.leaders().broadcast(std::as_writable_bytes(std::span(&shared, 1)), node_of_samples());
  std::ranges::copy(shared.tail, state_->tail());
  node_.post(Node::Board::kSecond, 0, shared.bad_element);
  node_.post(Node::Board::kFirst, 0, node_.leaders().any_of(flags_));
}

int Trainer::node_of_samples() const {
  const JobLayout& job = node_.job();
  int rank = 0;
  while (leaves_of_rank(1, job.ranks(), rank).is_empty()) ++rank;
  return job.nodes[static_cast<std::size_t>(rank)];
}

void Trainer::synchronize() {
  if (!row_worker_ || node_.job().node_count() == 1) return;
  if (node_.is_leader()) state_->broadcast_from(node_of_samples());
  static_cast<void>(parts_.communicator.sum(0));  // until all leaders have them
}

void Trainer::update_block(Range block, const float* sum) const {
  const auto begin = static_cast<std::size_t>(block.begin);
  const std::size_t layout_end =
      std::clamp(parts_.network.layout().size(), begin, static_cast<std::size_t>(block.end));
  const std::size_t size = layout_end - begin;
  update(options_.sgd, learning_rate_, {{sum, size}, step_samples_},
         {state_->velocity() + begin, size}, {state_->parameters() + begin, size});
  std::copy(sum + size, sum + block.size(), state_->parameters() + layout_end);
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
  const std::size_t element = is_guarded_ ? first_bad_element() : kNone;
  if (element == kNone) return;
  std::vector<std::int64_t> guilty;
  for (const WorkDone& work : work_done()) {
    for (std::size_t i = 0; i < work.losses.size(); ++i) {
      if (!std::isfinite(work.losses[i])) guilty.push_back(work.samples[i].id);
    }
  }
  report(parts_.communicator, parts_.network.layout(),
         {element, parts_.heartbeat.step() + 1, step_samples_, options_.schedule.peak, guilty});
}

std::size_t Trainer::first_bad_element() const {
  std::size_t element = kNone;
  for (int worker = 0; worker < node_.workers(); ++worker) {
    element = std::min<std::size_t>(element, node_.posted(Node::Board::kSecond, worker));
  }
  return element;
}

std::vector<Trainer::WorkDone> Trainer::work_done() const {
  std::vector<WorkDone> all;
  if (row_worker_) all.push_back({row_worker_->used_samples(), row_worker_->losses()});
  for (const auto& worker : workers_) all.push_back({worker->used_samples(), worker->losses()});
  return all;
}

// A finite gradient can still make an update overflow.
void Trainer::require_sound_state() const {
  for (const auto& [name, values] :
       {std::pair{"the parameters", parameters()}, {"the velocity", velocity()}}) {
    const auto found = static_cast<std::int64_t>(first_not_finite(values));
    const auto element = static_cast<std::size_t>(parts_.communicator.least(found));
    if (element == values.size()) continue;
    throw AgreedError(
        ExitCode::kFailure,
        fmt::format("step {}: {} of {} are not finite after the update; start another "
                    "run with a lower --learning-rate than {}",
                    grouped(parts_.heartbeat.step()), name,
                    parts_.network.layout().block_of(element).name(), options_.schedule.peak));
  }
  state_->require_one_on_all_nodes(parts_.communicator, parts_.heartbeat.text());
}

void Trainer::spoil(Phase phase) {
  if (node_.is_leader()) parts_.heartbeat.spoil(phase, 0, *state_->parameters());
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
  return row_worker_ ? std::string(kRowBackend) : kernel_backend(options_.kernels);
}

Stopwatch& Trainer::stopwatch() {
  return worker(0).stopwatch();
}

std::vector<UsedSample> Trainer::used_samples() const {
  std::vector<UsedSample> all;
  for (const WorkDone& work : work_done()) {
    all.insert(all.end(), work.samples.begin(), work.samples.end());
  }
  return all;
}

StepResult Trainer::close_step(Progress& progress) {
  const StepResult result{step_samples_, std::llround(state_->tail()[kCorrectElement]),
                          state_->tail()[kLossElement], learning_rate_, flags_};
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
