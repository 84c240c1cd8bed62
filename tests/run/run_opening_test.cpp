// SPDX-License-Identifier: MIT
#include "tally/run/run_opening.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"
#include "tally/data/idx_file.hpp"

namespace tally {
namespace {

using testing::HasSubstr;

// Six images of 2 x 3 to train and four to test, and a run directory, of rank 0.
class RunOpeningTest : public testing::Test {
 protected:
  RunOpeningTest() {
    write("train", 6, 2);
    write("t10k", 4, 2);
    give("data", directory_.string());
    give("run-dir", directory_.string() + "/run");
    give("network", "dense:4,tanh,dense:2");
    give("batch-size", "2");
  }

  void write(const std::string& prefix, std::int64_t count, std::int64_t rows) const {
    write_idx_images(directory_.path() / (prefix + "-images-idx3-ubyte"), rows, 3,
                     std::vector<std::uint8_t>(count * rows * 3, 5));
    write_idx_labels(directory_.path() / (prefix + "-labels-idx1-ubyte"),
                     std::vector<std::uint8_t>(count, 1));
  }
  void give(const std::string& name, const std::string& text) {
    options_.overrides.push_back({name, text, "--" + name});
  }
  OpenedRun open() { return open_run(communicator_, options_, report_); }
  std::string refusal() {
    try {
      open();
    } catch (const AgreedError& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
      return error.what();
    }
    return "nothing was thrown";
  }

  Communicator communicator_;
  TemporaryDirectory directory_;
  LaunchOptions options_;
  ProgressReport report_{true, true};
};

TEST_F(RunOpeningTest, AFreshRunIsTheSameOnAllRanks) {
  const OpenedRun run = open();
  EXPECT_FALSE(run.is_resumed);
  EXPECT_EQ(run.state.data.train_images, 6);
  EXPECT_EQ(run.state.data.rows, 2);
  EXPECT_EQ(run.state.data.columns, 3);
  EXPECT_EQ(run.state.config.batch_size, 2);
  EXPECT_EQ(run.network->outputs(), 2);
  ASSERT_EQ(run.state.parameters.size(), run.network->layout().size());
  std::vector<float> of_root(run.state.parameters.begin(), run.state.parameters.end());
  communicator_.broadcast(std::as_writable_bytes(std::span(of_root)));
  EXPECT_TRUE(std::ranges::equal(of_root, run.state.parameters));
}

TEST_F(RunOpeningTest, AResumedRunBringsItsVectorsToAllRanks) {
  {
    OpenedRun run = open();
    communicator_.on_root([&] {
      run.state.progress.step = 3;
      run.state.progress.epoch = 1;
      run.state.progress.samples = 6;
      std::ranges::fill(run.state.velocity, 0);
      run.state.velocity[0] = 0.25F;
      run.recorder->begin(run.state);
      EXPECT_TRUE(run.recorder->save(run.state));
    });
  }
  communicator_.barrier();
  EXPECT_THAT(refusal(), HasSubstr("holds an earlier run; continue it with --resume"));
  options_.resume = true;
  const OpenedRun run = open();
  EXPECT_TRUE(run.is_resumed);
  EXPECT_EQ(run.state.progress.step, 3);
  EXPECT_EQ(run.state.velocity[0], 0.25F);
}

TEST_F(RunOpeningTest, RefusesSplitsOfDifferentSizes) {
  write("t10k", 4, 1);
  EXPECT_THAT(refusal(), HasSubstr("expected images of 2 x 3 as in"));
}

TEST_F(RunOpeningTest, RefusesToHoldOutAllImages) {
  give("validation", "6");
  EXPECT_THAT(refusal(), HasSubstr("--validation: expected fewer than the 6 training images"));
}

TEST(RequireSameData, NamesTheFileThatDiffers) {
  const DatasetFiles files{{"a", "b"}, {"c", "d"}};
  const DataFingerprint before{6, 4, 2, 3, {"1", "2", "3", "4"}};
  require_same_data(before, before, files);
  const auto refusal = [&](DataFingerprint found) -> std::string {
    try {
      require_same_data(before, found, files);
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  EXPECT_THAT(refusal({7, 4, 2, 3, before.digests}), HasSubstr("a: expected 6 images, got 7;"));
  EXPECT_THAT(refusal({6, 5, 2, 3, before.digests}), HasSubstr("c: expected 4 images, got 5;"));
  EXPECT_THAT(refusal({6, 4, 3, 3, before.digests}),
              HasSubstr("a: expected images of 2 x 3, got 3 x 3;"));
  EXPECT_THAT(refusal({6, 4, 2, 3, {"1", "2", "3", "x"}}),
              HasSubstr("d: expected SHA-256 4, got x;"));
}

}  // namespace
}  // namespace tally
