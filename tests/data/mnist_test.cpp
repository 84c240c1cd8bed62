// SPDX-License-Identifier: MIT
#include <cstdlib>

#include <gtest/gtest.h>

#include "tally/data/dataset_files.hpp"
#include "tally/data/idx_file.hpp"

namespace tally {
namespace {

struct ExpectedSplit {
  std::int64_t count;
  std::string images_digest;
  std::string labels_digest;
};

void expect_split(const SplitFiles& files, const ExpectedSplit& expected) {
  IdxImageReader reader(open_idx(files.images));
  EXPECT_EQ(reader.count(), expected.count);
  EXPECT_EQ(reader.rows(), 28);
  EXPECT_EQ(reader.columns(), 28);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(reader.count() * 28 * 28));
  reader.read(pixels);
  EXPECT_EQ(to_hex(reader.finish()), expected.images_digest);

  const IdxLabels labels = read_idx_labels(open_idx(files.labels), 10);
  require_same_count(files, reader.count(), std::ssize(labels.labels));
  EXPECT_EQ(to_hex(labels.digest), expected.labels_digest);
}

TEST(Mnist, IsReadBitForBit) {
  const char* const directory = std::getenv("TALLY_MNIST_DIR");
  if (directory == nullptr) {
    GTEST_SKIP() << "needs the four files of MNIST: set TALLY_MNIST_DIR to their directory";
  }
  const DatasetFiles files = find_dataset_files(directory);
  expect_split(files.train,
               {60000, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"});
  expect_split(files.test,
               {10000, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"});
}

}  // namespace
}  // namespace tally
