// SPDX-License-Identifier: MIT
#include "data/whole_directory.hpp"

#include <fstream>

#include <gmock/gmock.h>

#include "state/config_fixtures.hpp"
#include "support/temporary_directory.hpp"
#include "support/text_in.hpp"

namespace tally {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class WholeDirectoryTest : public testing::Test {
 protected:
  static void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path) << text;
  }
  [[nodiscard]] std::vector<std::string> names_in(const std::filesystem::path& path) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  TemporaryDirectory directory_;
  std::filesystem::path target_ = directory_.path() / "set";
};

TEST_F(WholeDirectoryTest, AppearsWithAllFilesWhenItIsPublished) {
  WholeDirectory whole(target_);
  write(whole.path() / "train-labels-idx1-ubyte", "a");
  write(whole.path() / "t10k-labels-idx1-ubyte", "b");
  EXPECT_FALSE(std::filesystem::exists(target_));
  whole.publish();
  EXPECT_THAT(names_in(target_),
              UnorderedElementsAre("train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"));
}

TEST_F(WholeDirectoryTest, LeavesNothingUnlessItIsPublished) {
  {
    WholeDirectory whole(target_);
    write(whole.path() / "train-labels-idx1-ubyte", "a");
  }
  EXPECT_THAT(names_in(directory_.path()), testing::IsEmpty());
  { const WholeDirectory unused(target_); }
  EXPECT_THAT(names_in(directory_.path()), testing::IsEmpty());
}

TEST_F(WholeDirectoryTest, ReplacesADataSetAsAWhole) {
  std::filesystem::create_directory(target_);
  write(target_ / "train-labels-idx1-ubyte", "old");
  write(target_ / "t10k-labels-idx1-ubyte.gz", "old");
  {
    WholeDirectory whole(target_.string() + "/");
    write(whole.path() / "train-labels-idx1-ubyte", "new");
    whole.publish();
  }
  EXPECT_THAT(names_in(target_), ElementsAre("train-labels-idx1-ubyte"));
  EXPECT_EQ(text_in(target_ / "train-labels-idx1-ubyte"), "new");
  EXPECT_THAT(names_in(directory_.path()), ElementsAre("set"));
}

TEST_F(WholeDirectoryTest, RefusesToReplaceAnythingElse) {
  std::filesystem::create_directory(target_);
  write(target_ / "thesis.txt", "mine");
  EXPECT_THAT(failure_of([&] { WholeDirectory whole(target_); }),
              testing::AllOf(testing::StartsWith("exit 2: "),
                             HasSubstr("holds thesis.txt, expected an empty directory")));
  EXPECT_THAT(failure_of([&] { WholeDirectory whole(target_ / "thesis.txt"); }),
              testing::EndsWith("thesis.txt: expected a directory"));
}

// Somebody may have put a file there in the meantime.
TEST_F(WholeDirectoryTest, LooksAgainBeforeItReplaces) {
  WholeDirectory whole(target_);
  write(whole.path() / "train-labels-idx1-ubyte", "new");
  std::filesystem::create_directory(target_);
  write(target_ / "thesis.txt", "mine");
  EXPECT_THAT(failure_of([&] { whole.publish(); }), HasSubstr("holds thesis.txt"));
  EXPECT_EQ(text_in(target_ / "thesis.txt"), "mine");
}

}  // namespace
}  // namespace tally
