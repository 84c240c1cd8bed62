// SPDX-License-Identifier: MIT
#include "tally/io/trial_file.hpp"

#include <gtest/gtest.h>

#include "io_fixtures.hpp"
#include "system_fixtures.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

TEST(TrialFile, IsThereForAsLongAsItIsKept) {
  const TemporaryDirectory directory;
  {
    const TrialFile trial(directory.path());
    EXPECT_TRUE(fs::exists(trial.path()));
  }
  EXPECT_TRUE(names_in(directory.path()).empty());
}

TEST(TrialFile, IsRefusedWithTheReason) {
  const TemporaryDirectory directory;
  const fs::path missing = directory.path() / "none";
  EXPECT_EQ(failure_of([&] { const TrialFile trial(missing); }),
            "exit 2: " + missing.string() +
                ": cannot be written: No such file or directory; choose another --run-dir");
}

}  // namespace
}  // namespace tally
