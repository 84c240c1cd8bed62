// SPDX-License-Identifier: MIT
#include "tally/io/run_directory.hpp"

#include <gtest/gtest.h>

#include "io_fixtures.hpp"
#include "system_fixtures.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

std::string failure_to_open(const fs::path& path) {
  return failure_of([&] { const RunDirectory run(path, std::chrono::seconds{0}); });
}

RunDirectory opened(const fs::path& path) {
  return {path, std::chrono::seconds{0}};
}

TEST(RunDirectory, MakesWhatIsMissing) {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "runs" / "a";
  const RunDirectory run = opened(path);
  EXPECT_EQ(names_in(path), (Names{"checkpoints", "run.lock"}));
  EXPECT_EQ(run.path(), path);
  EXPECT_EQ(run.checkpoints(), path / "checkpoints");
  run.lock().require_ownership();
}

TEST(RunDirectory, BelongsToOneRun) {
  const TemporaryDirectory directory;
  const RunDirectory run = opened(directory.path());
  const std::string failure = failure_to_open(directory.path());
  EXPECT_EQ(failure.substr(0, failure.find(" by ")), "exit 3: " + directory.string() + ": in use");
}

TEST(RunDirectory, RemovesWhatAKilledRunLeft) {
  const TemporaryDirectory directory;
  { opened(directory.path()); }
  put(directory.path() / ".run.status.tmp-99", "");
  put(directory.path() / "checkpoints/.step-000000000001.h5.tmp-99", "");
  const RunDirectory run = opened(directory.path());
  EXPECT_EQ(names_in(directory.path()), (Names{"checkpoints", "run.lock"}));
  EXPECT_TRUE(names_in(run.checkpoints()).empty());
}

TEST(RunDirectory, IsUsedOnceThereIsAStatusOrACheckpoint) {
  const TemporaryDirectory directory;
  {
    const RunDirectory run = opened(directory.path());
    EXPECT_FALSE(run.is_used());
    put(directory.path() / "notes.txt", "");
    EXPECT_FALSE(run.is_used());
    run.write_status({RunState::kResume, 0, "", "running"});
    EXPECT_TRUE(run.is_used());
  }
  const RunDirectory run = opened(directory.path());
  EXPECT_TRUE(run.is_used());
  fs::remove(directory.path() / "run.status");
  EXPECT_FALSE(run.is_used());
  put(directory.path() / "checkpoints/step-000000000001.h5.damaged-1", "");
  EXPECT_TRUE(run.is_used());
}

TEST(RunDirectory, WritesItsTexts) {
  const TemporaryDirectory directory;
  const RunDirectory run = opened(directory.path());
  run.write_config("epochs = 3\n");
  run.write_status({RunState::kResume, 5, "", "running"});
  run.write_status({RunState::kDone, 6, "", "finished"});
  EXPECT_EQ(text_in(directory.path() / "config.toml"), "epochs = 3\n");
  EXPECT_EQ(text_in(directory.path() / "run.status"), "DONE\nstep 6\nreason finished\n");
  EXPECT_EQ(names_in(directory.path()),
            (Names{"checkpoints", "config.toml", "run.lock", "run.status"}));
}

TEST(RunDirectory, SaysSoIfItCannotBeMade) {
  const TemporaryDirectory directory;
  const fs::path file = directory.write("file", "");
  EXPECT_EQ(failure_to_open(file), "exit 2: " + file.string() +
                                       "/checkpoints: cannot be made: Not a directory; choose "
                                       "another --run-dir");
  fs::create_directory(directory.path() / "run");
  put(directory.path() / "run/checkpoints", "");
  EXPECT_EQ(failure_to_open(directory.path() / "run"),
            "exit 2: " + directory.string() +
                "/run/checkpoints: cannot be made: Not a directory; choose another --run-dir");
}

TEST(RunDirectory, SaysSoIfItMayNotBeUsed) {
  const TemporaryDirectory directory;
  const fs::path locked = directory.path() / "locked";
  { opened(locked); }
  fs::permissions(directory.path(), fs::perms{0755});
  fs::permissions(locked, fs::perms{0});
  std::string failure;
  {
    const WithoutRights user;
    failure = failure_to_open(locked);
  }
  EXPECT_EQ(failure, "exit 2: " + locked.string() +
                         "/checkpoints: cannot be made: Permission denied; choose another "
                         "--run-dir");
  fs::permissions(locked, fs::perms{0555});
  fs::permissions(locked / "run.lock", fs::perms{0444});
  {
    const WithoutRights user;
    failure = failure_to_open(locked);
  }
  EXPECT_EQ(failure, "exit 2: " + locked.string() +
                         "/run.lock: cannot be written: Permission denied; choose another "
                         "--run-dir");
  fs::permissions(locked, fs::perms{0755});
}

}  // namespace
}  // namespace tally
