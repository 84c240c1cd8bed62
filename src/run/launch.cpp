// SPDX-License-Identifier: MIT
#include "tally/run/launch.hpp"

#include <fmt/format.h>

#include "tally/core/text.hpp"
#include "tally/run/launch_check.hpp"
#include "tally/run/launch_doctor.hpp"
#include "tally/run/run_recorder.hpp"
#include "tally/run/training_run.hpp"

namespace tally {
namespace {

// Ranks that are no job would each open the run.
LaunchFacts require_sound_ranks(const Communicator& communicator, ProgressReport& report) {
  const LaunchFacts facts = gather_ranks(communicator);
  Findings findings;
  check_ranks(facts, findings);
  findings.report_or_throw(communicator, report);
  return facts;
}

void require_sound_work(const Communicator& communicator, const OpenedRun& opened,
                        bool oversubscribe, ProgressReport& report, LaunchFacts& facts) {
  const RunConfig& config = opened.state.config;
  gather_work(communicator, config, oversubscribe, facts);
  gather_directory(communicator, config, opened.network->layout().count(), facts);
  Findings findings;
  check_work(facts, findings);
  check_directory(facts, findings);
  findings.report_or_throw(communicator, report);
}

// The run may have been killed between its last checkpoint and its last words. What the launch that
// trained has said of itself stays.
void complete_status(Recorder& recorder, const TrainingState& state) {
  const std::optional<RunStatus> before = stored_status(state.config.run_dir);
  if (before && before->state == RunState::kDone && before->step == state.progress.step) return;
  if (before) {
    recorder.note_workers(before->workers);
    recorder.note_speed(before->samples_per_second);
  }
  recorder.begin(state);
  recorder.write_status(RunState::kDone, state.progress.step, "finished");
}

}  // namespace

ExitCode run_training(const Launch& launch, const LaunchOptions& options) {
  const Communicator& communicator = launch.communicator;
  launch.heartbeat.enter(Phase::kLoad);
  if (options.doctor) return diagnose(communicator, options);
  ProgressReport report(false, !communicator.is_root());
  LaunchFacts facts = require_sound_ranks(communicator, report);
  OpenedRun opened = open_run(communicator, options, report);
  report.set_quiet(opened.state.config.quiet);
  launch.watchdog.set_timeout(std::chrono::seconds{opened.state.config.stall_timeout});
  if (opened.is_resumed && is_finished(opened.state)) {
    communicator.on_root([&] { complete_status(*opened.recorder, opened.state); });
    report.line(fmt::format("{}: finished already, at step {}", opened.state.config.run_dir,
                            grouped(opened.state.progress.step)));
    return ExitCode::kDone;
  }
  require_sound_work(communicator, opened, options.oversubscribe, report, facts);
  return TrainingRun(launch, report, opened, facts.of(communicator.rank()), options).run();
}

}  // namespace tally
