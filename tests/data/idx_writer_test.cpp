// SPDX-License-Identifier: MIT
#include <csignal>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "idx_fixtures.hpp"
#include "tally/data/idx_file.hpp"

namespace tally {
namespace {

std::vector<std::uint8_t> values(const std::string& data) {
  return {data.begin(), data.end()};
}

TEST(IdxWriter, WritesWhatTheReadersRead) {
  const TemporaryDirectory directory;
  const auto pixels = values(noise(300'000));
  const auto labels = values(std::string(5000, '\7'));
  for (const std::string end : {"", ".gz"}) {
    const auto image_path = directory.path() / ("images" + end);
    write_idx_images(image_path, 6, 10, pixels);
    IdxImageReader reader(open_idx(image_path));
    EXPECT_EQ(reader.count(), 5000);
    EXPECT_EQ(reader.rows(), 6);
    EXPECT_EQ(reader.columns(), 10);
    std::vector<std::uint8_t> read(pixels.size());
    reader.read(read);
    reader.finish();
    EXPECT_EQ(read, pixels);

    const auto label_path = directory.path() / ("labels" + end);
    write_idx_labels(label_path, labels);
    EXPECT_EQ(read_idx_labels(open_idx(label_path), 8).labels, labels);
  }
}

TEST(IdxWriter, WritesTheFormat) {
  const TemporaryDirectory directory;
  write_idx_images(directory.path() / "images", 2, 3, values(good_images().substr(16)));
  EXPECT_EQ(text_in(directory.path() / "images"), good_images());
  write_idx_labels(directory.path() / "labels", values(good_labels().substr(8)));
  EXPECT_EQ(text_in(directory.path() / "labels"), good_labels());
}

TEST(IdxWriter, PutsNeitherTimeNorNameIntoGzip) {
  const TemporaryDirectory directory;
  write_idx_labels(directory.path() / "a.gz", values(good_labels().substr(8)));
  const std::string file = text_in(directory.path() / "a.gz");
  EXPECT_EQ(file.substr(0, 8), bytes({0x1F, 0x8B, 8, 0, 0, 0, 0, 0}));
  EXPECT_LT(file.size(), good_labels().size() / 10);
}

TEST(IdxWriter, ReplacesAFileAndLeavesNothingElse) {
  const TemporaryDirectory directory;
  const auto path = directory.write("labels", "old");
  write_idx_labels(path, values("\1\2"));
  EXPECT_EQ(text_in(path), label_header(2) + "\1\2");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(IdxWriter, NamesADirectoryThatIsNotThere) {
  EXPECT_EQ(error_of([] { write_idx_labels("no/such/labels", values("\1")); }, ExitCode::kFailure),
            "no/such/labels: cannot be written (No such file or directory); check the space and "
            "permissions there");
}

/// Lets no file grow beyond `bytes` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

// Few bytes fail when the file is closed, many before.
TEST(IdxWriter, KeepsTheOldFileIfThereIsNoRoom) {
  for (const std::string name : {"labels", "labels.gz"}) {
    for (const std::size_t count : {1, 100'000}) {
      const TemporaryDirectory directory;
      const auto path = directory.write(name, "old");
      const auto write = [&] {
        const FileSizeLimit limit(4);
        write_idx_labels(path, values(noise(count)));
      };
      ASSERT_EQ(error_of(write, ExitCode::kFailure),
                path.string() +
                    ": cannot be written (File too large); check the space and permissions there");
      EXPECT_EQ(text_in(path), "old");
      EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
    }
  }
}

TEST(IdxWriter, FollowsNoLink) {
  const TemporaryDirectory directory;
  const auto victim = directory.write("victim", "precious");
  std::filesystem::create_symlink(victim, directory.path() / "labels.part");
  const auto path = directory.path() / "labels";
  EXPECT_EQ(error_of([&] { write_idx_labels(path, values("\1\2")); }, ExitCode::kFailure),
            path.string() +
                ".part: is there already, from a program that was killed or still writes; remove "
                "it");
  EXPECT_EQ(text_in(victim), "precious");
}

}  // namespace
}  // namespace tally
