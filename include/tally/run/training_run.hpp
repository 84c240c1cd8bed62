// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "tally/run/job_end.hpp"
#include "tally/run/launch.hpp"
#include "tally/run/launch_facts.hpp"
#include "tally/run/launch_meter.hpp"
#include "tally/run/order_log.hpp"
#include "tally/run/progress_report.hpp"
#include "tally/run/run_opening.hpp"
#include "tally/train/distributed_evaluation.hpp"
#include "tally/train/rank_data.hpp"
#include "tally/train/trainer.hpp"

namespace tally {

/// A run from its first or restored step to its end: after each step, what is due (evaluation,
/// checkpoint, report) is done, and a request to stop is obeyed.
class TrainingRun {
 public:
  /// Reads and distributes the data. Throws an AgreedError. Collective: every rank must call.
  TrainingRun(const Launch& launch, ProgressReport& report, OpenedRun& opened, const RankFacts& own,
              const LaunchOptions& options);

  /// Trains. Returns kDone, or kStopped if the run is to be resumed. Throws an AgreedError if a
  /// step fails; the run directory then says FAILED. Collective: every rank must call.
  ExitCode run();

 private:
  using Clock = std::chrono::steady_clock;

  ExitCode train();
  std::uint32_t wanted_flags();
  void log_step(const StepResult& result);
  void close_epoch(const StepResult& result);
  SetFigures figures_of(const EvaluationShare& share, std::string_view set);
  template <typename Work>
  auto with_place(Work&& work);
  [[nodiscard]] bool is_save_due(const StepResult& result, bool ends_epoch) const;
  bool save();
  void report_profile();
  ExitCode stop(std::uint32_t flags, bool is_saved);
  ExitCode finish();
  void warn_of_idle_outputs();
  void announce(const RankFacts& own, const LaunchOptions& options);
  void warn_of_other_bits(const BuildFacts& before);
  void report_epoch(bool is_saved);

  const Communicator& communicator_;
  Heartbeat& heartbeat_;
  ProgressReport& report_;
  TrainingState& state_;
  const RunConfig& config_;
  Recorder& recorder_;

  const Network& network_;
  std::unique_ptr<Loss> loss_;
  ShardPlan plan_;
  RankData data_;
  ThreadTeam team_;
  std::unique_ptr<SampleCopies> copies_;  // null without augmentation
  Trainer trainer_;
  Evaluator evaluator_;
  std::optional<OrderLog> order_log_;
  StopRequest& signals_;

  Clock::time_point started_;
  std::optional<JobEnd> job_end_;  // on rank 0
  Clock::time_point last_save_ = Clock::now();
  double seconds_before_ = 0;  // of training, before this launch
  bool is_profiled_ = false;
  LaunchMeter meter_;
};

}  // namespace tally
