// SPDX-License-Identifier: MIT
#include "tally/core/program_path.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(ProgramPath, IsTheFileOfThisTest) {
  EXPECT_TRUE(program_path().is_absolute());
  EXPECT_EQ(program_path().filename(), "core_test");
  EXPECT_TRUE(std::filesystem::equivalent(program_path(), "/proc/self/exe"));
}

}  // namespace
}  // namespace tally
