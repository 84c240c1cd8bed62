// SPDX-License-Identifier: MIT
#include "tally/core/thread_count.hpp"

#include <cstdlib>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tally/core/error.hpp"
#include "tally/core/processors.hpp"

namespace tally {
namespace {

// libgomp has read the variable before main, so this changes nothing but what is asked here.
struct OmpNumThreads {
  explicit OmpNumThreads(const char* value) { ::setenv("OMP_NUM_THREADS", value, 1); }
  ~OmpNumThreads() { ::unsetenv("OMP_NUM_THREADS"); }
  OmpNumThreads(const OmpNumThreads&) = delete;
  OmpNumThreads& operator=(const OmpNumThreads&) = delete;
};

TEST(EnvironmentThreads, AreTheFirstOfAList) {
  EXPECT_EQ(environment_threads(), std::nullopt);
  for (const auto& [value, threads] : {std::pair{"1", 1}, {"4,2", 4}, {" 8 , 2,1 ", 8}}) {
    const OmpNumThreads variable(value);
    EXPECT_EQ(environment_threads(), threads);
    EXPECT_EQ(default_threads(), threads);
  }
  for (const char* empty : {"", " "}) {
    const OmpNumThreads variable(empty);
    EXPECT_EQ(environment_threads(), std::nullopt);
    EXPECT_EQ(default_threads(), usable_processors());
  }
}

TEST(EnvironmentThreads, AreRefusedByTheirNameIfTheyAreNone) {
  for (const char* value : {"0", "-1", "four", "4,", ",2", "4,x", "4097", "2.5", "1 2"}) {
    const OmpNumThreads variable(value);
    try {
      static_cast<void>(environment_threads());
      FAIL() << value << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
      EXPECT_EQ(error.what(),
                "OMP_NUM_THREADS: expected a number of threads from 1 to 4096, or a list such as "
                "4,2, got \"" +
                    std::string(value) + "\"; correct it, unset it, or give --threads");
    }
  }
}

}  // namespace
}  // namespace tally
