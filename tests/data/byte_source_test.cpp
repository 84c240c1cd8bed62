// SPDX-License-Identifier: MIT
#include "tally/data/byte_source.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "idx_fixtures.hpp"

namespace tally {
namespace {

// Root may read everything, so these tests act as nobody while one of these lives.
class UnprivilegedUser {
 public:
  UnprivilegedUser() : user_(geteuid()) {
    if (user_ == 0) become(65534);
  }
  ~UnprivilegedUser() {
    if (user_ == 0) become(user_);
  }
  UnprivilegedUser(const UnprivilegedUser&) = delete;
  UnprivilegedUser& operator=(const UnprivilegedUser&) = delete;

 private:
  static void become(uid_t user) { EXPECT_EQ(seteuid(user), 0); }

  uid_t user_;
};

TEST(FileSource, GivesTheSameBytesInChunksOfAnySize) {
  const TemporaryDirectory directory;
  const std::string data = noise(10000);
  const auto path = directory.write("data", data);
  for (const std::size_t chunk_bytes : {1, 7, 4096, 10000, 10001}) {
    EXPECT_EQ(read_all(*file_source(path), chunk_bytes), data);
  }
}

TEST(FileSource, KnowsItsNameAndSize) {
  const TemporaryDirectory directory;
  const auto path = directory.write("data", noise(123));
  EXPECT_EQ(file_source(path)->name(), path.string());
  EXPECT_EQ(file_source(path)->largest_size(), 123);
}

TEST(FileSource, RefusesAFileThatIsNotThere) {
  EXPECT_EQ(error_of([] { file_source("no/such/file"); }),
            "no/such/file: cannot be opened (No such file or directory); check the path and its "
            "permissions");
}

TEST(FileSource, RefusesADirectory) {
  const TemporaryDirectory directory;
  EXPECT_EQ(
      error_of([&] { file_source(directory.path()); }),
      directory.string() + ": is a directory, expected a file; if the file lies in it, move it up");
}

TEST(FileSource, RefusesAPipeInsteadOfWaitingForItsWriter) {
  const TemporaryDirectory directory;
  const std::string path = directory.string() + "/pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { file_source(path); }),
            path + ": is a device or a pipe, expected a regular file; copy its data to a file");
}

TEST(FileSource, RefusesAFileThatMayNotBeRead) {
  const TemporaryDirectory directory;
  const auto path = directory.write("data", "data");
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(path, std::filesystem::perms::none);
  const UnprivilegedUser user;
  EXPECT_EQ(
      error_of([&] { file_source(path); }),
      path.string() + ": cannot be opened (Permission denied); check the path and its permissions");
}

TEST(FileSource, RefusesAFileInADirectoryThatMayNotBeSearched) {
  const TemporaryDirectory directory;
  const auto path = directory.write("data", "data");
  std::filesystem::permissions(directory.path(), std::filesystem::perms::none);
  {
    const UnprivilegedUser user;
    EXPECT_EQ(error_of([&] { file_source(path); }),
              path.string() +
                  ": cannot be opened (Permission denied); check the path and its permissions");
  }
  std::filesystem::permissions(directory.path(), std::filesystem::perms::owner_all);
}

// Linux gives an I/O error for the first page of a process, where nothing is ever mapped.
TEST(FileSource, ReportsAReadError) {
  const auto source = file_source("/proc/self/mem");
  EXPECT_EQ(error_of([&] { read_all(*source); }, ExitCode::kFailure),
            "/proc/self/mem: cannot be read (Input/output error); check the disk or the network "
            "it is on");
}

}  // namespace
}  // namespace tally
