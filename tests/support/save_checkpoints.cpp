// SPDX-License-Identifier: MIT
// save_checkpoints RUN_DIR: what tally-train writes, without the training. Starts or resumes a run
// of four steps whose every state follows from the one before it, saves each of them, keeps two,
// and says what it has done, line by line and at once.
#include <cstdio>

#include <fmt/format.h>

#include "tally/core/digest.hpp"
#include "tally/core/error.hpp"
#include "tally/run/run_recorder.hpp"

namespace tally {
namespace {

constexpr std::int64_t kSteps = 4;

void say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

TrainingState first_state() {
  TrainingState state;
  state.config.network = "dense:2";
  state.config.keep = 2;
  state.config.log_every = 1;
  resolve(state.config);
  state.data = {10, 5, 1, 2, {"a", "b", "c", "d"}};
  state.build = this_build();
  state.layout = parameter_layout(state.config, state.data);
  state.parameters.assign(state.layout.size(), 0.5F);
  state.velocity.assign(state.layout.size(), 0.25F);
  return state;
}

void take_step(TrainingState& state) {
  for (std::size_t i = 0; i < state.parameters.size(); ++i) {
    state.velocity[i] = 0.9F * state.velocity[i] + 0.01F * state.parameters[i];
    state.parameters[i] += state.velocity[i];
  }
  state.progress.step += 1;
  state.progress.epoch += 1;
  state.progress.samples += 10;
}

ExitCode save_all(const std::string& directory) {
  RunRecorder recorder(directory, [](const std::string& text) { say("warning: " + text); });
  std::optional<TrainingState> stored = recorder.load();
  TrainingState state = stored ? std::move(*stored) : first_state();
  say(fmt::format("from {}", state.progress.step));
  recorder.begin(state);
  bool is_saved = state.progress.step == kSteps;
  while (state.progress.step < kSteps) {
    take_step(state);
    state.history.steps.push_back({state.progress.step, state.progress.epoch, 10, 0.1, {1, 0.5}});
    state.history.epochs.push_back(
        {state.progress.epoch, state.progress.step, 10, 0.1, {}, {}, {}});
    recorder.add(state.history.steps.back());
    recorder.add(state.history.epochs.back());
    is_saved = recorder.save(state);
    if (is_saved) say(fmt::format("saved {}", state.progress.step));
  }
  if (!is_saved) {
    require(recorder.save(state), ExitCode::kFailure, "the final checkpoint could not be written");
    say(fmt::format("saved {}", state.progress.step));
  }
  recorder.write_status(RunState::kDone, state.progress.step, "finished");
  say("digest " + to_hex(training_digest(state)));
  return ExitCode::kDone;
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  if (argc != 2) return static_cast<int>(tally::ExitCode::kUsage);
  try {
    return static_cast<int>(tally::save_all(argv[1]));
  } catch (const tally::Error& error) {
    tally::say(fmt::format("error: {}", error.what()));
    return static_cast<int>(error.exit_code());
  }
}
