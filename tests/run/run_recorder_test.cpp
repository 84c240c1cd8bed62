// SPDX-License-Identifier: MIT
#include "tally/run/run_recorder.hpp"

#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>

#include "support/parameter_positions.hpp"
#include "support/temporary_directory.hpp"
#include "support/text_in.hpp"
#include "tally/core/error.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

TrainingState small_state(std::int64_t step) {
  TrainingState state;
  state.config.network = "dense:3,tanh,dense:2";
  resolve(state.config);
  state.data = {10, 5, 2, 3, {"a", "b", "c", "d"}};
  state.build = this_build();
  state.layout = parameter_layout(state.config, state.data);
  // A checkpoint holds the blocks, not the gaps between them, which are zero.
  state.parameters.assign(state.layout.size(), 0);
  state.velocity.assign(state.layout.size(), 0);
  for (const ParameterBlock& block : state.layout.blocks()) {
    for (const std::size_t i : positions_of(block)) {
      state.parameters[i] = 0.5F;
      state.velocity[i] = 0.25F;
    }
  }
  state.progress.step = step;
  return state;
}

class RunRecorderTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  std::vector<std::string> warnings_;
  Warn warn_ = [this](const std::string& text) { warnings_.push_back(text); };
  fs::path run_ = directory_.path() / "run";
};

TEST_F(RunRecorderTest, SavesAndLoadsAgain) {
  {
    RunRecorder recorder(run_, warn_);
    EXPECT_FALSE(recorder.is_used());
    EXPECT_FALSE(recorder.load().has_value());
    recorder.begin(small_state(0));
    EXPECT_EQ(text_in(run_ / "run.status"), "RESUME\nstep 0\nreason running\n");
    EXPECT_TRUE(recorder.save(small_state(7)));
    EXPECT_EQ(recorder.newest_checkpoint(), "step-000000000007.h5");
    EXPECT_EQ(text_in(run_ / "run.status"),
              "RESUME\nstep 7\ncheckpoint step-000000000007.h5\nreason running\n");
  }
  RunRecorder recorder(run_, warn_);
  EXPECT_TRUE(recorder.is_used());
  const auto state = recorder.load();
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->progress.step, 7);
  EXPECT_EQ(state->parameters, small_state(7).parameters);
  EXPECT_EQ(state->velocity, small_state(7).velocity);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(RunRecorderTest, TellsOfItsLaunch) {
  RunRecorder recorder(run_, warn_);
  recorder.note_workers("2 ranks, 4 threads in all");
  recorder.begin(small_state(0));
  EXPECT_EQ(text_in(run_ / "run.status"),
            "RESUME\nstep 0\nworkers 2 ranks, 4 threads in all\nreason running\n");
  recorder.note_speed(1234.4);
  recorder.write_status(RunState::kDone, 0, "finished");
  EXPECT_EQ(text_in(run_ / "run.status"),
            "DONE\nstep 0\nworkers 2 ranks, 4 threads in all\nsamples_per_second 1234\n"
            "reason finished\n");
}

TEST_F(RunRecorderTest, AWriteThatFailsCostsAWarning) {
  RunRecorder recorder(run_, warn_);
  recorder.begin(small_state(0));
  fs::remove(run_ / "checkpoints");
  EXPECT_FALSE(recorder.save(small_state(7)));
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_[0].find("no checkpoint: "), std::string::npos) << warnings_[0];
  EXPECT_NE(warnings_[0].find("; there is none"), std::string::npos) << warnings_[0];
  EXPECT_EQ(recorder.newest_checkpoint(), "");

  fs::create_directory(run_ / "checkpoints");
  EXPECT_TRUE(recorder.save(small_state(8)));
}

TEST_F(RunRecorderTest, ARunThatHasLostItsDirectoryWritesNoCheckpointIntoIt) {
  RunRecorder recorder(run_, warn_);
  recorder.begin(small_state(0));
  std::ofstream(run_ / "run.lock") << "host elsewhere, process 1\nanother token\n";
  try {
    recorder.save(small_state(7));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kInUse);
  }
  EXPECT_TRUE(fs::is_empty(run_ / "checkpoints"));
}

TEST_F(RunRecorderTest, WritesMetricsFromTheHistory) {
  TrainingState state = small_state(4);
  EpochRow row;
  row.epoch = 1;
  state.history.epochs = {row};
  RunRecorder recorder(run_, warn_);
  recorder.begin(state);
  row.epoch = 2;
  recorder.add(row);
  const std::string table = text_in(run_ / "metrics.csv");
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 3);
  EXPECT_FALSE(fs::exists(run_ / "steps.csv"));
}

}  // namespace
}  // namespace tally
