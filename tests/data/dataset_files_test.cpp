// SPDX-License-Identifier: MIT
#include "tally/data/dataset_files.hpp"

#include <gtest/gtest.h>

#include "idx_fixtures.hpp"

namespace tally {
namespace {

constexpr const char* kRemedy = "; run scripts/get_mnist.sh, or pass --data DIR";

void touch(const TemporaryDirectory& directory, std::initializer_list<std::string> names) {
  for (const std::string& name : names) static_cast<void>(directory.write(name, ""));
}

TEST(DatasetFiles, AreFoundUnderAllTheirNames) {
  for (const std::string separator : {"-", "."}) {
    for (const std::string end : {"", ".gz"}) {
      const TemporaryDirectory directory;
      const auto name = [&](const std::string& before, const std::string& after) {
        return fmt::format("{}{}{}{}", before, separator, after, end);
      };
      touch(directory, {name("train-images", "idx3-ubyte"), name("train-labels", "idx1-ubyte"),
                        name("t10k-images", "idx3-ubyte"), name("t10k-labels", "idx1-ubyte")});
      const DatasetFiles files = find_dataset_files(directory.path());
      EXPECT_EQ(files.train.images, directory.path() / name("train-images", "idx3-ubyte"));
      EXPECT_EQ(files.train.labels, directory.path() / name("train-labels", "idx1-ubyte"));
      EXPECT_EQ(files.test.images, directory.path() / name("t10k-images", "idx3-ubyte"));
      EXPECT_EQ(files.test.labels, directory.path() / name("t10k-labels", "idx1-ubyte"));
    }
  }
}

TEST(DatasetFiles, ArePreferredPlainAndWithADash) {
  const TemporaryDirectory directory;
  const auto found = [&] { return find_split_files(directory.path(), Split::kTest).images; };
  touch(directory, {"t10k-labels-idx1-ubyte", "t10k-images.idx3-ubyte.gz"});
  EXPECT_EQ(found().filename(), "t10k-images.idx3-ubyte.gz");
  touch(directory, {"t10k-images-idx3-ubyte.gz"});
  EXPECT_EQ(found().filename(), "t10k-images-idx3-ubyte.gz");
  touch(directory, {"t10k-images.idx3-ubyte"});
  EXPECT_EQ(found().filename(), "t10k-images.idx3-ubyte");
  touch(directory, {"t10k-images-idx3-ubyte"});
  EXPECT_EQ(found().filename(), "t10k-images-idx3-ubyte");
}

// A common archive of MNIST unpacks to directories t10k-images-idx3-ubyte/ beside the files.
TEST(DatasetFiles, ArePreferredToDirectories) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path() / "t10k-images-idx3-ubyte");
  touch(directory, {"t10k-labels-idx1-ubyte"});
  const auto found = [&] { return find_split_files(directory.path(), Split::kTest).images; };
  EXPECT_EQ(found().filename(), "t10k-images-idx3-ubyte");
  touch(directory, {"t10k-images.idx3-ubyte.gz"});
  EXPECT_EQ(found().filename(), "t10k-images.idx3-ubyte.gz");
}

TEST(DatasetFiles, AreNeededForTheGivenSplitOnly) {
  const TemporaryDirectory directory;
  touch(directory, {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"});
  EXPECT_NO_THROW(find_split_files(directory.path(), Split::kTest));
  EXPECT_EQ(error_of([&] { find_dataset_files(directory.path()); }),
            directory.string() +
                ": has no training images (looked for train-images-idx3-ubyte and "
                "train-images.idx3-ubyte, each also with .gz)" +
                kRemedy);
}

TEST(DatasetFiles, AreNamedIfMissing) {
  const TemporaryDirectory directory;
  touch(directory, {"t10k-images-idx3-ubyte"});
  EXPECT_EQ(error_of([&] { find_split_files(directory.path(), Split::kTest); }),
            directory.string() +
                ": has no test labels (looked for t10k-labels-idx1-ubyte and "
                "t10k-labels.idx1-ubyte, each also with .gz)" +
                kRemedy);
}

TEST(DatasetFiles, NeedADirectory) {
  EXPECT_EQ(error_of([] { find_dataset_files("no/such"); }),
            "no/such: cannot be opened (No such file or directory), expected a directory with IDX "
            "files" +
                std::string(kRemedy));
  const TemporaryDirectory directory;
  const auto file = directory.write("file", "");
  EXPECT_EQ(error_of([&] { find_dataset_files(file); }),
            file.string() + ": is a file, expected a directory with IDX files" + kRemedy);
}

TEST(IdxFileName, IsFoundAgain) {
  EXPECT_EQ(idx_file_name(Split::kTrain, IdxContent::kImages), "train-images-idx3-ubyte");
  EXPECT_EQ(idx_file_name(Split::kTrain, IdxContent::kLabels), "train-labels-idx1-ubyte");
  EXPECT_EQ(idx_file_name(Split::kTest, IdxContent::kImages), "t10k-images-idx3-ubyte");
  EXPECT_EQ(idx_file_name(Split::kTest, IdxContent::kLabels), "t10k-labels-idx1-ubyte");
}

TEST(RequireSameCount, NamesBothFilesAndCounts) {
  const SplitFiles files{"d/images", "d/labels"};
  EXPECT_NO_THROW(require_same_count(files, 60000, 60000));
  EXPECT_EQ(error_of([&] { require_same_count(files, 60000, 1); }),
            "d/images: holds 60 000 images, but d/labels holds 1 label; download both again");
}

}  // namespace
}  // namespace tally
