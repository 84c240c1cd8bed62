// SPDX-License-Identifier: MIT
#include "tally/io/appended_file.hpp"

#include <gtest/gtest.h>

#include "io_fixtures.hpp"
#include "system_fixtures.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

TEST(AppendedFile, ReplacesWhatWasThereAndGrows) {
  const TemporaryDirectory directory;
  const fs::path path = directory.write("file", "old");
  const AppendedFile file(path, "one\n", kNoCheck);
  EXPECT_EQ(text_in(path), "one\n");
  file.append("two\n");
  file.append("three\n");
  EXPECT_EQ(text_in(path), "one\ntwo\nthree\n");
  EXPECT_EQ(names_in(directory.path()), std::vector<std::string>{"file"});
}

TEST(AppendedFile, AsksBeforeItReplaces) {
  const TemporaryDirectory directory;
  const fs::path path = directory.write("file", "old");
  const std::size_t open_before = open_files();
  EXPECT_EQ(failure_of([&] {
              AppendedFile(path, "new", [] { throw Error(ExitCode::kInUse, "not yours"); });
            }),
            "exit 3: not yours");
  EXPECT_EQ(text_in(path), "old");
  EXPECT_EQ(names_in(directory.path()), std::vector<std::string>{"file"});
  EXPECT_EQ(open_files(), open_before);
}

TEST(AppendedFile, NeverWritesToTheFileThatHasReplacedIt) {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "file";
  const AppendedFile stale(path, "one\n", kNoCheck);
  const AppendedFile owner(path, "one\n", kNoCheck);
  const std::string lost = "exit 1: " + path.string() +
                           ": cannot write: the file was removed or replaced; --resume makes it "
                           "again";
  EXPECT_EQ(failure_of([&] { stale.append("two\n"); }), lost);
  owner.append("2\n");
  EXPECT_EQ(text_in(path), "one\n2\n");
  fs::remove(path);
  EXPECT_EQ(failure_of([&] { owner.append("3\n"); }), lost);
  EXPECT_FALSE(fs::exists(path));
}

TEST(AppendedFile, AddsNothingOnAFullDisk) {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "disk" / "file";
  const SmallFileSystem disk(path.parent_path(), 65'536);
  if (!disk.why_not().empty()) GTEST_SKIP() << disk.why_not();
  const AppendedFile file(path, "old", kNoCheck);
  EXPECT_EQ(failure_of([&] { file.append(std::string(100'000, 'x')); }),
            "exit 1: " + path.string() + ": cannot write: No space left on device");
  EXPECT_EQ(text_in(path), "old");
}

TEST(AppendedFile, SaysSoIfItCannotBeMade) {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "none" / "file";
  EXPECT_EQ(failure_of([&] { AppendedFile(path, "text", kNoCheck); }),
            "exit 1: " + path.string() + ": cannot create: No such file or directory");
}

}  // namespace
}  // namespace tally
