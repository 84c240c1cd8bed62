// SPDX-License-Identifier: MIT
#include "tally/io/output_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "io_fixtures.hpp"
#include "system_fixtures.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

std::string failure_to_write(const fs::path& path) {
  return failure_of([&] {
    OutputFile file(path, "--out: FILE", ExitCode::kUsage);
    file.append("text");
    file.close();
  });
}

TEST(OutputFile, ReplacesWhatWasInAFile) {
  const TemporaryDirectory directory;
  const fs::path path = directory.write("file", "old and longer");
  OutputFile file(path, "--out: FILE");
  EXPECT_EQ(text_in(path), "");
  file.append("one,");
  file.append(as_bytes("two"));
  file.close();
  EXPECT_EQ(text_in(path), "one,two");
}

TEST(OutputFile, HasTheRightsThatTheUmaskLeaves) {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "file";
  const mode_t before = ::umask(0002);
  EXPECT_EQ(failure_to_write(path), "no failure");
  ::umask(before);
  EXPECT_EQ(fs::status(path).permissions(), fs::perms{0664});
}

TEST(OutputFile, ChangesNoFileThroughALink) {
  const TemporaryDirectory directory;
  const fs::path victim = directory.write("victim", "precious");
  const fs::path path = directory.path() / "file";
  fs::create_symlink(victim, path);
  EXPECT_EQ(failure_to_write(path),
            "exit 2: --out: FILE cannot be written: it is a symbolic link, which is not followed");
  fs::remove(path);
  fs::create_hard_link(victim, path);
  EXPECT_EQ(failure_to_write(path),
            "exit 2: --out: FILE cannot be written: it has other names, too (hard links)");
  EXPECT_EQ(text_in(victim), "precious");
}

// With a reader, and without: neither may block.
TEST(OutputFile, IsNoPipeAndNoDevice) {
  const TemporaryDirectory directory;
  const fs::path pipe = directory.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string irregular = "exit 2: --out: FILE cannot be written: it is not a regular file";
  EXPECT_EQ(failure_to_write(pipe), irregular);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  EXPECT_EQ(failure_to_write(pipe), irregular);
  ::close(reader);
  EXPECT_EQ(failure_to_write("/dev/null"), irregular);
  const std::size_t open_before = open_files();
  EXPECT_EQ(failure_to_write(directory.path()),
            "exit 2: --out: FILE cannot be written: Is a directory");
  EXPECT_EQ(failure_to_write(directory.path() / "none" / "file"),
            "exit 2: --out: FILE cannot be written: No such file or directory");
  EXPECT_EQ(open_files(), open_before);
}

TEST(OutputFile, SaysSoIfTheDiskIsFull) {
  const TemporaryDirectory directory;
  const SmallFileSystem disk(directory.path() / "disk", 16'384);
  if (!disk.why_not().empty()) GTEST_SKIP() << disk.why_not();
  OutputFile file(directory.path() / "disk" / "file", "--out: FILE", ExitCode::kUsage);
  EXPECT_EQ(failure_of([&] { file.append(std::string(20'000, 'x')); }),
            "exit 1: --out: FILE cannot be written: No space left on device");
}

}  // namespace
}  // namespace tally
