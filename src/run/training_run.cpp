// SPDX-License-Identifier: MIT
#include "tally/run/training_run.hpp"

#include <cmath>
#include <ctime>

#include <fmt/format.h>

#include "tally/core/text.hpp"
#include "tally/run/launch_check.hpp"
#include "tally/run/peak_rate.hpp"
#include "tally/run/training_recipe.hpp"
#include "tally/train/step_flags.hpp"

namespace tally {
namespace {

// Reads and sends all data; on a resume, refuses other data than before.
RankData load_data(const Communicator& communicator, Heartbeat& heartbeat, OpenedRun& opened,
                   const ShardPlan& plan) {
  heartbeat.enter(Phase::kScatter);
  const DataFingerprint before = opened.state.data;
  RankData data = scatter_dataset(communicator, opened.files,
                                  data_use(opened.state, *opened.network), plan, opened.state.data);
  communicator.on_root([&] {
    if (opened.is_resumed) require_same_data(before, opened.state.data, opened.files);
  });
  return data;
}

SetFigures to_figures(const Evaluation& evaluation) {
  return {evaluation.loss, evaluation.accuracy()};
}

SetFigures mean_figures(double loss_sum, std::int64_t correct, std::int64_t samples) {
  const auto count = static_cast<double>(samples);
  return {loss_sum / count, static_cast<double>(correct) / count};
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Collective: every rank must call.
std::unique_ptr<SampleCopies> agreed_copies(const Communicator& communicator,
                                            const TrainingState& state, const ShardStore& samples) {
  std::unique_ptr<SampleCopies> copies;
  communicator.together([&] { copies = sample_copies(state, samples); });
  return copies;
}

/// Collective: every rank must call.
ThreadTeam agreed_team(const Communicator& communicator, int threads) {
  std::optional<ThreadTeam> team;
  communicator.together([&] { team.emplace(threads); });
  return *team;
}

}  // namespace

TrainingRun::TrainingRun(const Launch& launch, ProgressReport& report, OpenedRun& opened,
                         const RankFacts& own, const LaunchOptions& options)
    : communicator_(launch.communicator),
      heartbeat_(launch.heartbeat),
      report_(report),
      state_(opened.state),
      config_(opened.state.config),
      recorder_(*opened.recorder),
      network_(*opened.network),
      loss_(make_loss(config_.loss, config_.label_smoothing)),
      plan_(shard_recipe(state_)),
      data_(load_data(communicator_, heartbeat_, opened, plan_)),
      team_(agreed_team(communicator_, own.threads)),
      copies_(agreed_copies(communicator_, state_, data_.train)),
      trainer_(
          {communicator_, team_, network_, *loss_, plan_, data_.train, heartbeat_, copies_.get()},
          trainer_options(state_), state_),
      evaluator_(network_, *loss_, team_),
      signals_(launch.signals),
      started_(launch.started),
      seconds_before_(state_.progress.elapsed_seconds),
      is_profiled_(options.profile) {
  state_.build.kernel_backend = trainer_.backend();
  if (opened.is_resumed) warn_of_other_bits(opened.computed_by);
  if (!options.dump_order.empty()) order_log_.emplace(communicator_, options.dump_order);
  communicator_.on_root([&] { job_end_.emplace(job_time(), Clock::now(), std::time(nullptr)); });
  announce(own, options);
  warn_of_idle_outputs();
  communicator_.on_root([&] { recorder_.begin(state_); });
  if (!communicator_.is_root()) state_.parameters = state_.velocity = {};  // the trainer has them
}

void TrainingRun::warn_of_other_bits(const BuildFacts& before) {
  const BuildFacts& now = state_.build;
  if (before.instruction_set == now.instruction_set &&
      before.kernel_backend == now.kernel_backend) {
    return;
  }
  report_.warning(fmt::format(
      "this run was computed so far with {} and {}, and goes on with {} and {}: it will not end in "
      "the bits of an uninterrupted one",
      before.instruction_set, before.kernel_backend, now.instruction_set, now.kernel_backend));
}

void TrainingRun::warn_of_idle_outputs() {
  Findings findings;
  check_classes(network_.outputs(), data_.classes, findings);
  for (const std::string& warning : findings.warnings()) report_.warning(warning);
}

void TrainingRun::announce(const RankFacts& own, const LaunchOptions& options) {
  const std::int64_t workers = communicator_.sum(team_.size());
  recorder_.note_workers(fmt::format("{}, {} in all", counted(communicator_.size(), "rank"),
                                     counted(workers, "thread")));
  const std::filesystem::path data(config_.data);
  report_.line(fmt::format("data: {} at {}: {} training and {} test images of {}",
                           (data.has_filename() ? data : data.parent_path()).filename().string(),
                           config_.data, grouped(state_.data.train_images),
                           grouped(state_.data.test_images),
                           image_size_text(image_shape(state_.data))));
  report_.line(fmt::format(
      "run: {}: {} ({} parameters), batch {} = {} x {}, {}, {}{} in all{}", config_.run_dir,
      shape_text(network_.specs()), grouped(network_.layout().count()), config_.batch_size,
      plan_.shards(), config_.micro_batch.value, counted(communicator_.size(), "rank"),
      counted(workers, "thread"),
      is_environment(own.threads_by) ? fmt::format(" (as {} says)", name_of(own.threads_by)) : "",
      options.resume && state_.progress.step > 0
          ? fmt::format(", resumed at step {}", grouped(state_.progress.step))
          : ""));
  const std::string job_end = job_end_ ? job_end_->text(Clock::now()) : "";
  if (!job_end.empty()) report_.line("time: " + job_end);
}

ExitCode TrainingRun::run() {
  try {
    return train();
  } catch (const AgreedError& error) {
    if (error.exit_code() == ExitCode::kInUse) throw;  // the directory is another run's now
    const std::string last = recorder_.newest_checkpoint();
    recorder_.write_status(RunState::kFailed, state_.progress.step, error.what());
    throw AgreedError(
        error.exit_code(),
        fmt::format("{}; {}", error.what(),
                    last.empty() ? "there is no checkpoint" : "the last checkpoint is " + last));
  }
}

ExitCode TrainingRun::train() {
  meter_.start();
  if (is_profiled_) trainer_.stopwatch().start();
  while (!is_finished(state_)) {
    const Clock::time_point step_start = Clock::now();
    const StepResult result = trainer_.step(state_.progress, wanted_flags());
    meter_.add_step(result.samples, seconds_since(step_start));
    log_step(result);

    const bool ends_epoch = state_.progress.epoch_step == plan_.steps_per_epoch();
    if (ends_epoch) close_epoch(result);
    const bool must_stop = (result.flags & kStopFlags) != 0 && !is_finished(state_);
    const bool is_saved =
        (must_stop || is_finished(state_) || is_save_due(result, ends_epoch)) && save();
    if (ends_epoch) report_epoch(is_saved);
    if (is_saved && (result.flags & kSaveNow) != 0 && !ends_epoch && !must_stop) {
      report_.line(fmt::format("saved at step {}", grouped(state_.progress.step)));
    }
    if (must_stop) {
      report_profile();
      return stop(result.flags, is_saved);
    }
  }
  return finish();
}

std::uint32_t TrainingRun::wanted_flags() {
  std::uint32_t flags = signals_.take();
  if (config_.max_time.seconds &&
      seconds_since(started_) >= static_cast<double>(*config_.max_time.seconds)) {
    flags |= kStopForTime;
  }
  if (job_end_ && job_end_->is_near(Clock::now())) flags |= kStopForJobEnd;
  const bool counts_minutes = communicator_.is_root() &&
                              config_.checkpoint_every.unit == CheckpointInterval::Unit::kMinutes;
  if (counts_minutes &&
      seconds_since(last_save_) >= 60.0 * static_cast<double>(config_.checkpoint_every.count)) {
    flags |= kSaveNow;
  }
  return flags;
}

void TrainingRun::log_step(const StepResult& result) {
  if (order_log_) order_log_->add(state_.progress.step, trainer_.used_samples());
  if (!communicator_.is_root()) return;
  report_.step(state_.progress, config_.epochs, plan_.steps_per_epoch());
  if (config_.log_every == 0 || state_.progress.step % config_.log_every != 0) return;
  heartbeat_.enter(Phase::kReport);
  state_.history.steps.push_back({state_.progress.step, state_.progress.epoch + 1,
                                  state_.progress.samples, result.learning_rate,
                                  mean_figures(result.loss_sum, result.correct, result.samples)});
  recorder_.add(state_.history.steps.back());
}

void TrainingRun::close_epoch(const StepResult& result) {
  Progress& progress = state_.progress;
  EpochRow row{
      progress.epoch + 1,
      progress.step,
      progress.samples,
      result.learning_rate,
      mean_figures(progress.epoch_loss_sum, progress.epoch_correct, progress.epoch_samples),
      {},
      {}};
  heartbeat_.show(Phase::kEvaluate);
  trainer_.stopwatch().lap(Activity::kOther);
  trainer_.synchronize();
  team_.run([&](int thread) { heartbeat_.enter(Phase::kEvaluate, thread); });
  trainer_.spoil(Phase::kEvaluate);
  row.validation = figures_of(data_.validation, "validation");
  row.test = figures_of(data_.test, "test");
  trainer_.stopwatch().lap(Activity::kEvaluate);
  progress.epoch += 1;
  progress.epoch_step = 0;
  progress.epoch_loss_sum = 0;
  progress.epoch_correct = 0;
  progress.epoch_samples = 0;
  if (!communicator_.is_root()) return;
  heartbeat_.enter(Phase::kReport);
  state_.history.epochs.push_back(row);
  recorder_.add(row);
}

// Errors of a rank say which one it was; this adds when. Not to those about other runs.
template <typename Work>
auto TrainingRun::with_place(Work&& work) {
  try {
    return work();
  } catch (const AgreedError& error) {
    if (error.exit_code() == ExitCode::kInUse) throw;
    throw AgreedError(error.exit_code(), fmt::format("{}: {}", heartbeat_.text(), error.what()));
  }
}

// All ranks find the same figures, and throw together.
SetFigures TrainingRun::figures_of(const EvaluationShare& share, std::string_view set) {
  if (share.set_samples() == 0) return {};
  meter_.add_evaluated(share.set_samples());
  const Evaluation evaluation = with_place(
      [&] { return evaluate(communicator_, evaluator_, trainer_.parameters().data(), share); });
  if (!std::isfinite(evaluation.loss)) {
    throw AgreedError(
        ExitCode::kFailure,
        fmt::format("{}: the loss on the {} images is not finite; start another run with a lower "
                    "--learning-rate than {}",
                    heartbeat_.text(), set, config_.learning_rate));
  }
  return to_figures(evaluation);
}

bool TrainingRun::is_save_due(const StepResult& result, bool ends_epoch) const {
  const auto [count, unit] = config_.checkpoint_every;
  if ((result.flags & kSaveNow) != 0) return true;
  if (unit == CheckpointInterval::Unit::kSteps) return state_.progress.step % count == 0;
  return unit == CheckpointInterval::Unit::kEpochs && ends_epoch &&
         state_.progress.epoch % count == 0;
}

// All ranks wait for rank 0, so that a slow disk is not taken for a frozen rank.
bool TrainingRun::save() {
  const Clock::time_point start = Clock::now();
  trainer_.stopwatch().lap(Activity::kOther);
  trainer_.synchronize();
  trainer_.spoil(Phase::kSave);
  heartbeat_.enter(Phase::kSave);
  trainer_.require_sound_state();
  bool is_saved = false;
  with_place([&] {
    communicator_.on_root([&] {
      recorder_.note_speed(meter_.speed());
      state_.progress.elapsed_seconds = seconds_before_ + seconds_since(started_);
      trainer_.store(state_);
      is_saved = recorder_.save(state_);
    });
  });
  communicator_.broadcast_value(is_saved);
  last_save_ = Clock::now();
  if (job_end_) job_end_->add_save(last_save_ - start);
  trainer_.stopwatch().lap(Activity::kSave);
  return is_saved;
}

void TrainingRun::report_epoch(bool is_saved) {
  const double samples_per_second = meter_.take_speed();
  if (!communicator_.is_root()) return;
  report_.epoch({state_.history.epochs.back(), config_.epochs, samples_per_second, is_saved});
}

void TrainingRun::report_profile() {
  if (!is_profiled_) return;
  trainer_.stopwatch().lap(Activity::kOther);
  Profile profile;
  meter_.fill(profile);
  profile.activities = figures_over_ranks(communicator_, trainer_.stopwatch().seconds());
  profile.workers = communicator_.sum(team_.size());
  if (!communicator_.is_root()) return;
  profile.ranks = communicator_.size();
  profile.threads = team_.size();
  profile.batch_size = config_.batch_size;
  profile.micro_batch = config_.micro_batch.value;
  profile.network = shape_text(network_.specs());
  profile.kernels = trainer_.backend();
  profile.operations_per_sample = network_.training_operations();
  profile.peak_gflops = measure_peak();
  report_.result(to_table(profile));
  recorder_.write_profile(to_json(profile));
}

ExitCode TrainingRun::stop(std::uint32_t flags, bool is_saved) {
  recorder_.write_status(RunState::kResume, state_.progress.step, stop_reason(flags));
  report_.line(fmt::format("stopped by {} at step {}{}; continue with --run-dir {} --resume",
                           stop_reason(flags), grouped(state_.progress.step),
                           is_saved ? "" : ", which could not be saved", config_.run_dir));
  return ExitCode::kStopped;
}

ExitCode TrainingRun::finish() {
  if (!save()) {
    throw AgreedError(ExitCode::kFailure,
                      "the final checkpoint could not be written; make room and continue with "
                      "--resume");
  }
  report_profile();
  recorder_.write_status(RunState::kDone, state_.progress.step, "finished");
  const std::string epochs =
      state_.progress.epoch > 0 ? counted(state_.progress.epoch, "epoch") + ", " : "";
  report_.line(fmt::format("done: {}{} in {:.1f} s; the model is {}", epochs,
                           counted(state_.progress.step, "step"),
                           seconds_before_ + seconds_since(started_), config_.run_dir));
  return ExitCode::kDone;
}

}  // namespace tally
