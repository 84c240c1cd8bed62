// SPDX-License-Identifier: MIT
#include "tally/parallel/agreed_error.hpp"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(ErrorOf, IsNoneWhereNothingIsThrown) {
  EXPECT_FALSE(error_of([] {}));
}

TEST(ErrorOf, KeepsAnErrorAndTurnsOthersIntoFailures) {
  const auto error = error_of([] { throw Error(ExitCode::kUsage, "wrong"); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->exit_code(), ExitCode::kUsage);
  EXPECT_STREQ(error->what(), "wrong");
  const auto no_memory = error_of([] { throw std::bad_alloc(); });
  ASSERT_TRUE(no_memory);
  EXPECT_EQ(no_memory->exit_code(), ExitCode::kFailure);
  EXPECT_STREQ(no_memory->what(), "out of memory");
  const auto other = error_of([] { throw std::runtime_error("broken"); });
  ASSERT_TRUE(other);
  EXPECT_EQ(other->exit_code(), ExitCode::kFailure);
  EXPECT_STREQ(other->what(), "broken");
}

}  // namespace
}  // namespace tally
