// SPDX-License-Identifier: MIT
#include "tally/io/checkpoint_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint_fixtures.hpp"
#include "support/peak_memory.hpp"
#include "system_fixtures.hpp"
#include "tally/core/text.hpp"
#include "tally/io/posix_file.hpp"
#include "tally/io/run_directory.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using Damaged = CheckpointStore::Damaged;

class CheckpointStoreTest : public testing::Test {
 protected:
  void save(std::int64_t step, std::int64_t keep = 100) const {
    CheckpointStore store(checkpoints_);
    EXPECT_THAT(store.save(small_state(step), keep, kNoCheck), IsEmpty());
  }

  // Cuts the checkpoint of a step to 1000 bytes and returns what is said about it.
  std::string truncate(std::int64_t step) const {
    const fs::path path = path_of(step);
    const auto bytes = static_cast<std::int64_t>(fs::file_size(path));
    fs::resize_file(path, 1'000);
    return fmt::format("{}: truncated (expected {} bytes, got 1 000)", path.string(),
                       grouped(bytes));
  }

  fs::path path_of(std::int64_t step) const { return checkpoints_ / checkpoint_name(step); }

  std::vector<std::string> names() const { return names_in(checkpoints_); }

  std::string refusal(Damaged damaged) const {
    return failure_of([&] { CheckpointStore(checkpoints_).load_newest(damaged); });
  }

  std::string model_refusal(const fs::path& path) const {
    return failure_of([&] { load_model(path); });
  }

  TemporaryDirectory directory_;
  fs::path checkpoints_ = [this] {
    fs::create_directory(checkpoint_directory(directory_.path()));
    return checkpoint_directory(directory_.path());
  }();
};

TEST_F(CheckpointStoreTest, NamesFilesByTheirStep) {
  EXPECT_EQ(checkpoint_name(0), "step-000000000000.h5");
  EXPECT_EQ(checkpoint_name(1'234), "step-000000001234.h5");
  EXPECT_EQ(checkpoint_name(999'999'999'999), "step-999999999999.h5");
}

TEST_F(CheckpointStoreTest, GivesBackWhatItSaved) {
  CheckpointStore store(checkpoints_);
  EXPECT_TRUE(store.is_empty());
  EXPECT_EQ(store.newest_name(), "");
  EXPECT_THAT(store.save(small_state(5), 3, kNoCheck), IsEmpty());
  EXPECT_FALSE(store.is_empty());
  EXPECT_EQ(store.newest_name(), "step-000000000005.h5");
  EXPECT_THAT(names(), ElementsAre("step-000000000005.h5"));

  CheckpointStore later(checkpoints_);
  const auto loaded = later.load_newest(Damaged::kMoveAside);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->path, path_of(5));
  EXPECT_THAT(loaded->warnings, IsEmpty());
  EXPECT_EQ(training_digest(loaded->state), training_digest(small_state(5)));
  EXPECT_EQ(later.newest_name(), "step-000000000005.h5");
}

TEST_F(CheckpointStoreTest, LoadsTheNewest) {
  for (const std::int64_t step : {9, 10, 100, 2}) save(step);
  const auto loaded = CheckpointStore(checkpoints_).load_newest(Damaged::kMoveAside);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->state.progress.step, 100);
  EXPECT_EQ(names().size(), 4U);
}

TEST_F(CheckpointStoreTest, HasNothingToLoadAtFirst) {
  EXPECT_FALSE(CheckpointStore(checkpoints_).load_newest(Damaged::kMoveAside).has_value());
  CheckpointStore missing(directory_.path() / "none");
  EXPECT_FALSE(missing.load_newest(Damaged::kMoveAside).has_value());
  EXPECT_TRUE(missing.is_empty());
}

TEST_F(CheckpointStoreTest, FallsBackOverDamagedOnesAndMovesThemAside) {
  for (const std::int64_t step : {10, 20, 30}) save(step);
  const std::string damage_30 = truncate(30);
  fs::resize_file(path_of(20), 0);
  const std::string damage_20 = path_of(20).string() + ": empty";

  CheckpointStore store(checkpoints_);
  const auto loaded = store.load_newest(Damaged::kMoveAside);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->state.progress.step, 10);
  EXPECT_THAT(loaded->warnings,
              ElementsAre(damage_30 + "; moved aside as step-000000000030.h5.damaged-1",
                          damage_20 + "; moved aside as step-000000000020.h5.damaged-1"));
  EXPECT_EQ(store.newest_name(), "step-000000000010.h5");
  EXPECT_THAT(names(), ElementsAre("step-000000000010.h5", "step-000000000020.h5.damaged-1",
                                   "step-000000000030.h5.damaged-1"));
}

TEST_F(CheckpointStoreTest, NumbersTheDamagedFilesOfOneName) {
  save(10);
  for (const std::string number : {"1", "2"}) {
    save(20);
    const std::string damage = truncate(20);
    const auto loaded = CheckpointStore(checkpoints_).load_newest(Damaged::kMoveAside);
    ASSERT_TRUE(loaded.has_value());
    EXPECT_THAT(loaded->warnings,
                ElementsAre(damage + "; moved aside as step-000000000020.h5.damaged-" + number));
  }
  EXPECT_THAT(names(), ElementsAre("step-000000000010.h5", "step-000000000020.h5.damaged-1",
                                   "step-000000000020.h5.damaged-2"));
}

TEST_F(CheckpointStoreTest, LeavesDamagedOnesIfItIsNotAskedToMoveThem) {
  save(10);
  save(20);
  const std::string damage = truncate(20);
  const auto loaded = CheckpointStore(checkpoints_).load_newest(Damaged::kLeave);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->state.progress.step, 10);
  EXPECT_THAT(loaded->warnings, ElementsAre(damage + "; skipped"));
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(CheckpointStoreTest, NamesEachOfTwentyDamagedOnesAndCountsTheOthers) {
  save(10);
  std::vector<std::string> expected;
  for (int step = 36; step > 16; --step)
    expected.push_back(path_of(step).string() + ": empty; skipped");
  for (int step = 17; step <= 36; ++step) put(path_of(step), "");
  const auto warnings = [&] {
    return CheckpointStore(checkpoints_).load_newest(Damaged::kLeave).value().warnings;
  };
  EXPECT_EQ(warnings(), expected);
  for (int step = 11; step <= 16; ++step) put(path_of(step), "");
  expected.emplace_back("6 more damaged checkpoints were skipped");
  EXPECT_EQ(warnings(), expected);
  fs::remove(path_of(10));
  EXPECT_EQ(refusal(Damaged::kMoveAside),
            "exit 4: " + checkpoints_.string() +
                ": no checkpoint is whole: " + path_of(36).string() + ": empty; " +
                path_of(35).string() + ": empty; " + path_of(34).string() +
                ": empty; 23 more are damaged; restore one from a copy, or start another run");
}

// What somebody keeps under such a name.
TEST_F(CheckpointStoreTest, RemovesNoDirectories) {
  fs::create_directory(path_of(5));
  put(path_of(5) / "notes", "precious");
  save(10, 1);
  save(20, 1);
  EXPECT_THAT(names(), ElementsAre("step-000000000005.h5", "step-000000000020.h5"));
  EXPECT_EQ(text_in(path_of(5) / "notes"), "precious");
}

TEST_F(CheckpointStoreTest, TakesNoMemoryForALargeFileOfAnotherDigest) {
  constexpr std::int64_t kBytes = 1'000'000'000;
  const fs::path path = path_of(10);
  put(path, fmt::format("TALLY CHECKPOINT\nformat 1\nbytes {}\nsha256 {}\n", kBytes - 512,
                        std::string(64, '0')));
  fs::resize_file(path, kBytes);  // without blocks on the disk
  const std::int64_t before = peak_memory_bytes();
  EXPECT_EQ(model_refusal(path),
            "exit 4: " + path.string() + ": its SHA-256 digest does not match its contents");
  EXPECT_GT(before, 0);
  EXPECT_LT(peak_memory_bytes() - before, 50'000'000);
}

TEST_F(CheckpointStoreTest, LoadsALargeFile) {
  TrainingState state = small_state(10);
  state.config.network = "dense:1000,relu,dense:2100,relu,dense:2";
  state.layout = parameter_layout(state.config, state.data);
  state.parameters.assign(state.layout.size(), 0);
  state.velocity.assign(state.layout.size(), 0);
  EXPECT_THAT(CheckpointStore(checkpoints_).save(state, 1, kNoCheck), IsEmpty());
  ASSERT_GT(fs::file_size(path_of(10)), std::size_t{1} << 24);
  EXPECT_EQ(training_digest(load_model(path_of(10)).state), training_digest(state));
}

// Else the next attempt would begin the run anew.
TEST_F(CheckpointStoreTest, RefusesAndMovesNothingIfNoneIsWhole) {
  save(10);
  save(20);
  const std::string damages = truncate(20) + "; " + truncate(10);
  for (const Damaged damaged : {Damaged::kLeave, Damaged::kMoveAside, Damaged::kMoveAside}) {
    EXPECT_EQ(refusal(damaged), "exit 4: " + checkpoints_.string() + ": no checkpoint is whole: " +
                                    damages + "; restore one from a copy, or start another run");
    EXPECT_THAT(names(), ElementsAre("step-000000000010.h5", "step-000000000020.h5"));
  }
}

TEST_F(CheckpointStoreTest, DoesNotFallBackFromAWholeOneThatItCannotUse) {
  save(10);
  const std::string newer = as_text(signed_again(encode_checkpoint(small_state(20)), 2));
  put(path_of(20), newer);
  EXPECT_EQ(refusal(Damaged::kMoveAside),
            "exit 4: " + path_of(20).string() +
                ": expected checkpoint format 1, got 2; use the version of tally that wrote it, or "
                "a newer one");
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(CheckpointStoreTest, RefusesACheckpointUnderTheNameOfAnotherStep) {
  save(10);
  fs::copy_file(path_of(10), path_of(90));
  EXPECT_EQ(refusal(Damaged::kMoveAside),
            "exit 4: " + path_of(90).string() +
                ": expected the state of another step, got that of step 10; rename it to "
                "step-000000000010.h5, or remove it");
  EXPECT_EQ(names().size(), 2U);
  EXPECT_EQ(load_model(path_of(90)).state.progress.step, 10);
}

TEST_F(CheckpointStoreTest, IgnoresWhatIsNoCheckpoint) {
  save(10);
  for (const std::string name : {"step-000000000020.h5.damaged-1", ".step-000000000020.h5.tmp-7",
                                 "step-20.h5", "step-00000000002x.h5", "step-000000000020.txt",
                                 "notes.txt", "best-000000000020.h5", "step-0000000000200.h5"}) {
    put(checkpoints_ / name, "nothing");
  }
  const auto loaded = CheckpointStore(checkpoints_).load_newest(Damaged::kMoveAside);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->state.progress.step, 10);
  EXPECT_THAT(loaded->warnings, IsEmpty());
  EXPECT_EQ(names().size(), 9U);
  save(11, 1);
  EXPECT_EQ(names().size(), 9U);
}

TEST_F(CheckpointStoreTest, TakesADirectoryInTheWayForADamagedOne) {
  save(10);
  fs::create_directory(path_of(20));
  const auto loaded = CheckpointStore(checkpoints_).load_newest(Damaged::kMoveAside);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_THAT(loaded->warnings,
              ElementsAre(path_of(20).string() + ": is not a regular file; moved aside as "
                                                 "step-000000000020.h5.damaged-1"));
}

TEST_F(CheckpointStoreTest, TakesNoMemoryForAHugeFileThatIsNoCheckpoint) {
  save(10);
  put(path_of(20), "");
  fs::resize_file(path_of(20), std::uintmax_t{1} << 40);  // a hole: it takes no room on the disk
  put(path_of(30), text_in(path_of(10)));
  fs::resize_file(path_of(30), std::uintmax_t{1} << 40);
  const auto loaded = CheckpointStore(checkpoints_).load_newest(Damaged::kLeave);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_THAT(loaded->warnings,
              ElementsAre(testing::MatchesRegex(path_of(30).string() +
                                                ": too long .expected [0-9 ]+ bytes, got 1 099 511 "
                                                "627 776.; skipped"),
                          path_of(20).string() + ": not a Tally checkpoint; skipped"));
}

TEST_F(CheckpointStoreTest, DoesNotFallBackFromAFileThatItMayNotRead) {
  save(10);
  save(20);
  fs::permissions(path_of(20), fs::perms{0});
  fs::permissions(checkpoints_, fs::perms{0777});
  fs::permissions(directory_.path(), fs::perms{0755});
  std::string failure;
  {
    const WithoutRights user;
    failure = failure_of([&] { CheckpointStore(checkpoints_).load_newest(Damaged::kMoveAside); });
  }
  EXPECT_EQ(failure, "exit 4: " + path_of(20).string() + ": cannot open: Permission denied");
  EXPECT_THAT(names(), ElementsAre("step-000000000010.h5", "step-000000000020.h5"));
}

TEST_F(CheckpointStoreTest, KeepsTheNewest) {
  CheckpointStore store(checkpoints_);
  for (std::int64_t step = 1; step <= 5; ++step) {
    EXPECT_THAT(store.save(small_state(step), 3, kNoCheck), IsEmpty());
  }
  EXPECT_THAT(names(),
              ElementsAre("step-000000000003.h5", "step-000000000004.h5", "step-000000000005.h5"));
  store.save(small_state(6), 1, kNoCheck);
  EXPECT_THAT(names(), ElementsAre("step-000000000006.h5"));
}

TEST_F(CheckpointStoreTest, NeverRemovesTheOneItHasJustVerified) {
  for (const std::int64_t step : {50, 60, 70}) save(step);
  CheckpointStore store(checkpoints_);
  store.save(small_state(10), 1, kNoCheck);
  EXPECT_THAT(names(), ElementsAre("step-000000000010.h5", "step-000000000070.h5"));
}

TEST_F(CheckpointStoreTest, SavesAStepOnce) {
  CheckpointStore store(checkpoints_);
  store.save(small_state(10), 3, kNoCheck);
  const auto never = [] { throw std::runtime_error("published again"); };
  EXPECT_THAT(store.save(small_state(10), 3, never), IsEmpty());
  CheckpointStore later(checkpoints_);
  later.load_newest(Damaged::kMoveAside);
  EXPECT_THAT(later.save(small_state(10), 3, never), IsEmpty());
  EXPECT_THAT(names(), ElementsAre("step-000000000010.h5"));
}

TEST_F(CheckpointStoreTest, NeverOverwritesTheCheckpointOfAnotherRun) {
  save(10);
  CheckpointStore other(checkpoints_);
  EXPECT_EQ(failure_of([&] { other.save(small_state(10), 3, kNoCheck); }),
            "exit 1: " + path_of(10).string() + ": cannot publish: File exists");
  EXPECT_EQ(other.newest_name(), "");
}

TEST_F(CheckpointStoreTest, SavesNothingAndRemovesNothingForARunThatLostItsDirectory) {
  save(10);
  CheckpointStore store(checkpoints_);
  EXPECT_EQ(failure_of([&] {
              store.save(small_state(20), 1, [] { throw Error(ExitCode::kInUse, "not yours"); });
            }),
            "exit 3: not yours");
  EXPECT_THAT(names(), ElementsAre("step-000000000010.h5"));
  EXPECT_EQ(store.newest_name(), "");
}

// Stopped when it had just been told that the directory is its own, and woken up in another run's.
TEST_F(CheckpointStoreTest, RemovesAndMovesNothingInTheDirectoryOfANewOwner) {
  for (const std::int64_t step : {10, 20}) save(step);
  int questions = 0;
  const auto taken_over_at_the_second = [&] {
    if (++questions == 2) remove_temporary_files(checkpoints_, is_checkpoint_name);
  };
  CheckpointStore store(checkpoints_);
  EXPECT_THAT(store.save(small_state(30), 2, taken_over_at_the_second), IsEmpty());
  EXPECT_EQ(questions, 2);
  EXPECT_THAT(names(),
              ElementsAre("step-000000000010.h5", "step-000000000020.h5", "step-000000000030.h5"));

  const std::string damage = truncate(30);
  const auto loaded = CheckpointStore(checkpoints_).load_newest(Damaged::kMoveAside, [&] {
    remove_temporary_files(checkpoints_, is_checkpoint_name);
  });
  EXPECT_THAT(loaded->warnings,
              ElementsAre(damage + "; it could not be moved aside: No such file or directory"));
  EXPECT_EQ(names().size(), 3U);
}

TEST_F(CheckpointStoreTest, RemovesOldOnesOnlyWhileTheDirectoryIsItsOwn) {
  for (const std::int64_t step : {10, 20}) save(step);
  int questions = 0;
  const auto lost_at_the_second = [&] {
    if (++questions == 2) throw Error(ExitCode::kInUse, "not yours");
  };
  CheckpointStore store(checkpoints_);
  EXPECT_EQ(failure_of([&] { store.save(small_state(30), 1, lost_at_the_second); }),
            "exit 3: not yours");
  EXPECT_THAT(names(),
              ElementsAre("step-000000000010.h5", "step-000000000020.h5", "step-000000000030.h5"));
}

TEST_F(CheckpointStoreTest, TriesAgainAfterAFullDisk) {
  const fs::path path = directory_.path() / "disk";
  const SmallFileSystem disk(path, 256 * 1'024);
  if (!disk.why_not().empty()) GTEST_SKIP() << disk.why_not();
  CheckpointStore store(path);
  store.save(small_state(1), 3, kNoCheck);
  put(path / "ballast", std::string(300'000, 'x'));
  EXPECT_EQ(failure_of([&] { store.save(small_state(2), 1, kNoCheck); }),
            "exit 1: " + (path / checkpoint_name(2)).string() +
                ": cannot write: No space left on device");
  EXPECT_THAT(names_in(path), ElementsAre("ballast", "step-000000000001.h5"));
  EXPECT_EQ(store.newest_name(), "step-000000000001.h5");
  fs::remove(path / "ballast");
  store.save(small_state(2), 1, kNoCheck);
  EXPECT_THAT(names_in(path), ElementsAre("step-000000000002.h5"));
}

TEST_F(CheckpointStoreTest, SaysSoIfItsDirectoryCannotBeListed) {
  const fs::path file = directory_.write("file", "");
  EXPECT_EQ(failure_of([&] { CheckpointStore(file).load_newest(Damaged::kMoveAside); }),
            "exit 4: " + file.string() + ": cannot be listed: Not a directory");
}

TEST_F(CheckpointStoreTest, LoadsAModelFromAFileOrARunDirectory) {
  save(10);
  save(20);
  EXPECT_EQ(load_model(path_of(10)).state.progress.step, 10);
  EXPECT_EQ(load_model(path_of(10)).path, path_of(10));
  EXPECT_EQ(load_model(directory_.path()).state.progress.step, 20);
  EXPECT_EQ(load_model(directory_.path()).path, path_of(20));
  const std::string damage = truncate(20);
  const LoadedCheckpoint older = load_model(directory_.path());
  EXPECT_EQ(older.state.progress.step, 10);
  EXPECT_THAT(older.warnings, ElementsAre(damage + "; skipped"));
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(CheckpointStoreTest, SaysWhyThereIsNoModel) {
  const std::string path = directory_.string();
  EXPECT_EQ(model_refusal(path + "/none"),
            "exit 4: " + path + "/none: no such checkpoint or run directory");
  const std::string no_checkpoint =
      ": there is no checkpoint in this directory; train first with tally-train --run-dir ";
  EXPECT_EQ(model_refusal(path), "exit 4: " + path + no_checkpoint + path);
  fs::remove(checkpoints_);
  EXPECT_EQ(model_refusal(path), "exit 4: " + path + no_checkpoint + path);
  put(directory_.path() / "checkpoints", "");
  EXPECT_EQ(model_refusal(path),
            "exit 4: " + path + "/checkpoints: cannot be listed: Not a directory");
  put(directory_.path() / "x.h5", "<html>");
  EXPECT_EQ(model_refusal(path + "/x.h5"), "exit 4: " + path + "/x.h5: not a Tally checkpoint");
  const std::string long_name(300, 'x');
  EXPECT_EQ(model_refusal(long_name), "exit 4: " + long_name + ": cannot open: File name too long");
}

TEST_F(CheckpointStoreTest, SaysWhichDamagedFileWasMeantAsAModel) {
  save(10);
  const std::string damage = truncate(10);
  EXPECT_EQ(model_refusal(path_of(10)), "exit 4: " + damage);
}

TEST_F(CheckpointStoreTest, SaysSoIfAModelMayNotBeRead) {
  save(10);
  fs::permissions(path_of(10), fs::perms{0});
  fs::permissions(checkpoints_, fs::perms{0});
  fs::permissions(directory_.path(), fs::perms{0755});
  std::string file, directory;
  {
    const WithoutRights user;
    file = model_refusal(path_of(10));
    directory = model_refusal(directory_.path());
  }
  EXPECT_EQ(file, "exit 4: " + path_of(10).string() + ": cannot open: Permission denied");
  EXPECT_EQ(directory,
            "exit 4: " + checkpoints_.string() + ": cannot be listed: Permission denied");
  fs::permissions(checkpoints_, fs::perms{0755});
}

}  // namespace
}  // namespace tally
