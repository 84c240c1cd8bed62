// SPDX-License-Identifier: MIT
#include "tally/io/posix_file.hpp"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "io_fixtures.hpp"
#include "system_fixtures.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

bool is_any(std::string_view /*name*/) {
  return true;
}

std::string publish(const fs::path& path, std::string_view text) {
  return publish_file(path, as_bytes(text), kNoCheck);
}

TEST(ReadFile, GivesAllBytesOfAFileUpToTheLimit) {
  const TemporaryDirectory directory;
  const fs::path path = directory.write("file", "12345");
  EXPECT_EQ(as_text(read_file(path, 5)), "12345");
  EXPECT_EQ(failure_of([&] { read_file(path, 4); }),
            "exit 1: " + path.string() + ": has 5 bytes; at most 4 are read");
  EXPECT_TRUE(read_file(directory.write("empty", ""), 0).empty());
}

TEST(ReadFile, SaysWhyItCannot) {
  const TemporaryDirectory directory;
  const fs::path missing = directory.path() / "missing";
  EXPECT_EQ(failure_of([&] { read_file(missing, 9, ExitCode::kUsage); }),
            "exit 2: " + missing.string() + ": cannot open: No such file or directory");
  EXPECT_EQ(failure_of([&] { read_file(directory.path(), 9, ExitCode::kCheckpoint); }),
            "exit 4: " + directory.string() + ": is not a regular file");
}

TEST(ReadFile, DoesNotWaitForTheOtherEndOfAPipe) {
  const TemporaryDirectory directory;
  const fs::path pipe = directory.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(failure_of([&] { read_file(pipe, 9); }),
            "exit 1: " + pipe.string() + ": is not a regular file");
}

TEST(PublishFile, MakesTheFileAppear) {
  const TemporaryDirectory directory;
  const std::string text(300'000, 'x');
  EXPECT_EQ(publish(directory.path() / "file", text), "");
  EXPECT_EQ(text_in(directory.path() / "file"), text);
  EXPECT_EQ(names_in(directory.path()), Names{"file"});
  EXPECT_EQ(publish(directory.path() / "empty", ""), "");
  EXPECT_EQ(text_in(directory.path() / "empty"), "");
}

TEST(PublishFile, NeverOverwrites) {
  const TemporaryDirectory directory;
  const fs::path path = directory.write("file", "old");
  EXPECT_EQ(failure_of([&] { publish(path, "new"); }),
            "exit 1: " + path.string() + ": cannot publish: File exists");
  EXPECT_EQ(text_in(path), "old");
  EXPECT_EQ(names_in(directory.path()), Names{"file"});
}

TEST(PublishFile, AsksWhenAllButTheNameIsThere) {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "file";
  int calls = 0;
  publish_file(path, as_bytes("text"), [&] {
    ++calls;
    EXPECT_FALSE(fs::exists(path));
    const Names names = names_in(directory.path());
    ASSERT_EQ(names.size(), 1U);
    EXPECT_EQ(text_in(directory.path() / names[0]), "text");
  });
  EXPECT_EQ(calls, 1);
}

TEST(PublishFile, LeavesNothingIfItIsToldNotTo) {
  const TemporaryDirectory directory;
  const std::size_t open_before = open_files();
  EXPECT_EQ(failure_of([&] {
              publish_file(directory.path() / "file", as_bytes("text"),
                           [] { throw Error(ExitCode::kInUse, "not yours"); });
            }),
            "exit 3: not yours");
  EXPECT_TRUE(names_in(directory.path()).empty());
  EXPECT_EQ(open_files(), open_before);
}

TEST(PublishFile, SaysSoIfTheDirectoryIsNotThere) {
  const TemporaryDirectory directory;
  const fs::path missing = directory.path() / "none" / "file";
  EXPECT_EQ(failure_of([&] { publish(missing, "text"); }),
            "exit 1: " + missing.string() + ": cannot create: No such file or directory");
}

TEST(PublishFile, SaysSoIfTheDirectoryVanishes) {
  const TemporaryDirectory directory;
  const fs::path vanishing = directory.path() / "vanishing";
  fs::create_directory(vanishing);
  EXPECT_EQ(
      failure_of([&] {
        publish_file(vanishing / "file", as_bytes("text"), [&] { fs::remove_all(vanishing); });
      }),
      "exit 1: " + (vanishing / "file").string() + ": cannot publish: No such file or directory");
  EXPECT_TRUE(names_in(directory.path()).empty());
}

TEST(PublishFile, LeavesAFullDiskAsItWas) {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "disk" / "file";
  const SmallFileSystem disk(path.parent_path(), 65'536);
  if (!disk.why_not().empty()) GTEST_SKIP() << disk.why_not();
  publish(path, "first");
  const std::size_t open_before = open_files();
  EXPECT_EQ(failure_of([&] { publish(path.string() + "2", std::string(100'000, 'x')); }),
            "exit 1: " + path.string() + "2: cannot write: No space left on device");
  EXPECT_EQ(names_in(path.parent_path()), Names{"file"});
  EXPECT_EQ(open_files(), open_before);
  publish(path.string() + "2", std::string(40'000, 'x'));
  EXPECT_EQ(fs::file_size(path.string() + "2"), 40'000U);
}

TEST(ReplaceFile, ReplacesTheFileAndNotItsContents) {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "file";
  replace_file(path, "old", kNoCheck);
  fs::create_hard_link(path, directory.path() / "link");
  replace_file(path, "new text", kNoCheck);
  EXPECT_EQ(text_in(path), "new text");
  EXPECT_EQ(text_in(directory.path() / "link"), "old");
  EXPECT_EQ(names_in(directory.path()), (Names{"file", "link"}));
}

TEST(ReplaceFile, ShowsReadersTheOldTextOrTheNewOne) {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "file";
  const std::string first(200'000, 'a');
  const std::string second(100'000, 'b');
  replace_file(path, first, kNoCheck);
  std::atomic<int> reads = 0;
  std::atomic<int> torn = 0;
  const std::jthread reader([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const std::string text = text_in(path);
      if (text != first && text != second) ++torn;
      ++reads;
    }
  });
  for (int i = 0; i < 200 || reads < 20; ++i)
    replace_file(path, i % 2 == 0 ? second : first, kNoCheck);
  EXPECT_EQ(torn, 0);
}

TEST(ReplaceFile, KeepsTheOldFileOnAFullDisk) {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "disk" / "file";
  const SmallFileSystem disk(path.parent_path(), 65'536);
  if (!disk.why_not().empty()) GTEST_SKIP() << disk.why_not();
  replace_file(path, "old", kNoCheck);
  EXPECT_EQ(failure_of([&] { replace_file(path, std::string(100'000, 'x'), kNoCheck); }),
            "exit 1: " + path.string() + ": cannot write: No space left on device");
  EXPECT_EQ(text_in(path), "old");
  EXPECT_EQ(names_in(path.parent_path()), Names{"file"});
}

TEST(ReplaceFile, SaysSoIfItCannot) {
  const TemporaryDirectory directory;
  fs::create_directories(directory.path() / "folder" / "full");
  EXPECT_EQ(failure_of([&] { replace_file(directory.path() / "folder", "text", kNoCheck); }),
            "exit 1: " + directory.string() + "/folder: cannot replace: Is a directory");
  EXPECT_EQ(names_in(directory.path()), Names{"folder"});
}

TEST(EntriesOf, ListsADirectoryThatMayNotExist) {
  const TemporaryDirectory directory;
  EXPECT_TRUE(entries_of(directory.path()).empty());
  EXPECT_TRUE(entries_of(directory.path() / "none").empty());
  const fs::path file = directory.write("file", "");
  EXPECT_EQ(entries_of(directory.path()), std::vector<fs::path>{file});
  EXPECT_EQ(failure_of([&] { entries_of(file, ExitCode::kUsage); }),
            "exit 2: " + file.string() + ": cannot be listed: Not a directory");
}

TEST(RemoveTemporaryFiles, RemovesWhatAKilledProcessLeft) {
  const TemporaryDirectory directory;
  put(directory.path() / "file", "kept");
  put(directory.path() / ".hidden", "kept");
  put(directory.path() / "notes.tmp-0123456789abcdef", "kept");
  OtherProcess killed([&] {
    publish_file(directory.path() / "new", as_bytes("text"), [] { ::raise(SIGKILL); });
    return std::string("published");
  });
  EXPECT_EQ(killed.report(), "");
  EXPECT_EQ(names_in(directory.path()).size(), 4U);
  remove_temporary_files(directory.path(), is_any);
  EXPECT_EQ(names_in(directory.path()), (Names{".hidden", "file", "notes.tmp-0123456789abcdef"}));
}

TEST(ReplaceFile, AsksWhenAllButTheNameIsThere) {
  const TemporaryDirectory directory;
  const fs::path path = directory.write("file", "old");
  EXPECT_EQ(failure_of([&] {
              replace_file(path, "new", [&] {
                EXPECT_EQ(names_in(directory.path()).size(), 2U);
                throw Error(ExitCode::kInUse, "not yours");
              });
            }),
            "exit 3: not yours");
  EXPECT_EQ(text_in(path), "old");
  EXPECT_EQ(names_in(directory.path()), Names{"file"});
}

TEST(RemoveTemporaryFiles, RemovesTheDirectoryThroughWhichNamesAreTakenAway) {
  const TemporaryDirectory directory;
  const fs::path holding = directory.path() / ".file.tmp-0123456789abcdef";
  fs::create_directory(holding);
  put(holding / "file", "old");
  remove_temporary_files(directory.path(), is_any);
  EXPECT_TRUE(names_in(directory.path()).empty());
}

TEST(RemoveTemporaryFiles, LeavesWhatTallyHasNotMade) {
  const TemporaryDirectory directory;
  Names others = {".a.tmp-0123456789ABCDEF", ".a.tmp-0123456789abcde", ".a.tmp-0123456789abcdef0",
                  ".a.tmp-0123456789abcdeg", ".notes.tmp-mine",        ".tmp-0123456789abcdef",
                  "a.tmp-0123456789abcdef"};
  std::ranges::sort(others);
  for (const std::string& name : others) put(directory.path() / name, "kept");
  put(directory.path() / ".own.tmp-0123456789abcdef", "");
  put(directory.path() / ".theirs.tmp-0123456789abcdef", "kept");
  remove_temporary_files(directory.path(), [](std::string_view name) { return name == "own"; });
  for (const std::string& name : others) EXPECT_EQ(text_in(directory.path() / name), "kept");
  EXPECT_EQ(names_in(directory.path()).size(), others.size() + 1);
  remove_temporary_files(directory.path(), is_any);
  EXPECT_EQ(names_in(directory.path()), others);
}

TEST(RemoveTemporaryFiles, LeavesADirectoryThatHoldsAnythingElse) {
  const TemporaryDirectory directory;
  const fs::path holding = directory.path() / ".file.tmp-0123456789abcdef";
  fs::create_directories(holding / "file");
  put(holding / "file" / "notes", "kept");
  put(holding / "other", "kept");
  remove_temporary_files(directory.path(), is_any);
  EXPECT_EQ(text_in(holding / "file" / "notes"), "kept");
  EXPECT_EQ(text_in(holding / "other"), "kept");
}

TEST(RemoveTemporaryFiles, EmptiesNoDirectoryThroughALink) {
  const TemporaryDirectory directory;
  const fs::path victim = directory.path() / "victim";
  fs::create_directory(victim);
  put(victim / "file", "kept");
  const fs::path link = directory.path() / ".file.tmp-0123456789abcdef";
  fs::create_directory_symlink(victim, link);
  remove_temporary_files(directory.path(), is_any);
  EXPECT_EQ(text_in(victim / "file"), "kept");
}

// Stopped between the question and the name, while another run takes the directory over.
TEST(RemoveTemporaryFiles, LeavesNothingToPublishForARunThatWakesUp) {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "file";
  const auto taken_over = [&] {
    remove_temporary_files(directory.path(), is_any);
    put(path, "of the new owner");
  };
  EXPECT_EQ(failure_of([&] { publish_file(path, as_bytes("stale"), taken_over); }),
            "exit 1: " + path.string() + ": cannot publish: No such file or directory");
  EXPECT_EQ(failure_of([&] { replace_file(path, "stale", taken_over); }),
            "exit 1: " + path.string() + ": cannot replace: No such file or directory");
  EXPECT_EQ(failure_of([&] { replace_file_durably(path, "stale", taken_over); }),
            "exit 1: " + path.string() + ": cannot replace: No such file or directory");
  EXPECT_EQ(text_in(path), "of the new owner");
  EXPECT_EQ(names_in(directory.path()), Names{"file"});
}

// Two hosts, or two containers, may give their processes the same number.
TEST(TemporaryFiles, OfOneProcessAndTargetHaveDifferentNames) {
  const TemporaryDirectory directory;
  const fs::path path = directory.path() / "file";
  Names first;
  publish_file(path, as_bytes("text"), [&] { first = names_in(directory.path()); });
  publish_file(directory.path() / "other", as_bytes("text"), kNoCheck);
  fs::remove(path);
  Names second;
  publish_file(path, as_bytes("text"), [&] { second = names_in(directory.path()); });
  EXPECT_NE(first.at(0), second.at(0));
}

TEST(ReadEnd, HasTheLastBytesAndWhereTheyBegin) {
  const TemporaryDirectory directory;
  const fs::path file = directory.write("file", "0123456789");
  const auto end_of = [&](std::size_t most) {
    const FileEnd end = read_end(file, most);
    return std::pair(as_text(end.bytes), end.begin);
  };
  EXPECT_EQ(end_of(3), std::pair(std::string("789"), std::size_t{7}));
  EXPECT_EQ(end_of(10), std::pair(std::string("0123456789"), std::size_t{0}));
  EXPECT_EQ(end_of(11), std::pair(std::string("0123456789"), std::size_t{0}));
  EXPECT_EQ(end_of(0), std::pair(std::string(), std::size_t{10}));
}

}  // namespace
}  // namespace tally
