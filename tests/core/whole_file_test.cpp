// SPDX-License-Identifier: MIT
#include "tally/core/whole_file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "support/temporary_directory.hpp"
#include "support/text_in.hpp"
#include "tally/core/error.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, std::string_view text) {
  WholeFile file(path);
  file.write(std::as_bytes(std::span(text)));
  file.publish();
}

TEST(WholeFile, TakesThePlaceOfAnotherWhenItIsComplete) {
  const TemporaryDirectory directory;
  const fs::path path = directory.write("file", "old and longer");
  WholeFile file(path);
  file.write(std::as_bytes(std::span(std::string_view("new"))));
  EXPECT_EQ(text_in(path), "old and longer");
  file.publish();
  EXPECT_EQ(text_in(path), "new");
  EXPECT_FALSE(fs::exists(path.string() + ".part"));
}

TEST(WholeFile, LeavesNothingIfItIsNotComplete) {
  const TemporaryDirectory directory;
  { WholeFile file(directory.path() / "file"); }
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST(WholeFile, FollowsNoLink) {
  const TemporaryDirectory directory;
  const fs::path precious = directory.write("precious", "kept");
  fs::create_symlink(precious, directory.path() / "file");
  write(directory.path() / "file", "new");
  EXPECT_EQ(text_in(precious), "kept");
  EXPECT_EQ(text_in(directory.path() / "file"), "new");
  fs::create_symlink(precious, directory.path() / "other.part");
  EXPECT_THROW(write(directory.path() / "other", "new"), Error);
  EXPECT_EQ(text_in(precious), "kept");
}

std::string failure_to_write(const fs::path& path) {
  try {
    write(path, "new");
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kFailure);
    return error.what();
  }
  return "nothing was thrown";
}

TEST(WholeFile, SaysWhyItCannotBeWritten) {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "absent" / "file";
  EXPECT_EQ(failure_to_write(path),
            path.string() +
                ": cannot be written (No such file or directory); check the space and permissions "
                "there");
}

TEST(WholeFile, TakesThePlaceOfFilesAndLinksOnly) {
  const TemporaryDirectory directory;
  const fs::path pipe = directory.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const fs::path& path : {pipe, directory.path(), fs::path("/dev/null")}) {
    EXPECT_EQ(failure_to_write(path),
              path.string() + ": is not a regular file; choose another name");
  }
}

TEST(WholeFile, NamesWhatAKilledProgramHasLeft) {
  const TemporaryDirectory directory;
  const fs::path part = directory.write("file.part", "half");
  EXPECT_EQ(failure_to_write(directory.path() / "file"),
            part.string() +
                ": is there already, from a program that was killed or still writes; remove it");
  EXPECT_EQ(text_in(part), "half");
}

}  // namespace
}  // namespace tally
