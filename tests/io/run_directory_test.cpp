// SPDX-License-Identifier: MIT
#include "tally/io/run_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

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
  for (const std::string name :
       {"run.status", "config.toml", "metrics.csv", "steps.csv", "profile.json"}) {
    put(directory.path() / ("." + name + ".tmp-0123456789abcdef"), "");
  }
  put(directory.path() / "checkpoints/.step-000000000001.h5.tmp-0123456789abcdef", "");
  put(directory.path() / "checkpoints/.trial.tmp-0123456789abcdef", "");
  const RunDirectory run = opened(directory.path());
  EXPECT_EQ(names_in(directory.path()), (Names{"checkpoints", "run.lock"}));
  EXPECT_TRUE(names_in(run.checkpoints()).empty());
}

TEST(RunDirectory, LeavesWhatItHasNotMade) {
  const TemporaryDirectory directory;
  const Names names = {".notes.tmp-0123456789abcdef", ".notes.tmp-mine", "notes"};
  for (const std::string& name : names) put(directory.path() / name, "kept");
  const RunDirectory run = opened(directory.path());
  for (const std::string& name : names) EXPECT_EQ(text_in(directory.path() / name), "kept");
}

TEST(RunDirectory, FollowsNoLinkThatAnotherUserHasPutThere) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a link of another user";
  const TemporaryDirectory directory;
  const fs::path run = directory.path() / "run", victim = directory.path() / "victim";
  fs::create_directory(run);
  fs::create_directory(victim);
  fs::create_directory_symlink(victim, run / "checkpoints");
  EXPECT_EQ(failure_to_open(run), "no failure");  // one's own may lead to a larger disk
  ASSERT_EQ(::lchown((run / "checkpoints").c_str(), 65534, 65534), 0);
  EXPECT_EQ(failure_to_open(run),
            "exit 2: " + run.string() +
                "/checkpoints: is a symbolic link of another user, which is not followed; remove "
                "it, or choose another --run-dir");
  EXPECT_TRUE(names_in(victim).empty());
}

TEST(RunDirectory, GivesItsFilesTheRightsThatTheUmaskLeaves) {
  const TemporaryDirectory directory;
  const mode_t before = ::umask(0002);
  {
    const RunDirectory run = opened(directory.path());
    run.write_config("epochs = 3\n");
    run.write_status({RunState::kDone, 6, "", "finished"});
  }
  ::umask(before);
  const auto mode_of = [&](const std::string& name) {
    return static_cast<unsigned>(fs::status(directory.path() / name).permissions());
  };
  EXPECT_EQ(mode_of("config.toml"), 0664U);
  EXPECT_EQ(mode_of("run.status"), 0664U);
  EXPECT_EQ(mode_of("checkpoints"), 0775U);
  EXPECT_EQ(mode_of("run.lock"), 0600U);  // who may read it may lock it
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
