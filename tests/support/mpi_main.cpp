// SPDX-License-Identifier: MIT
// The main of tests that run under mpirun: every rank runs every test, rank 0 prints what passed,
// and any rank prints what failed.
#include <gtest/gtest.h>

#include "tally/parallel/mpi_environment.hpp"

namespace {

// Is called with GoogleTest locked, which may not be asked then which test is running.
class FailurePrinter : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo& test) override { test_ = test.name(); }
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::fprintf(stderr, "%s:%d: in %s:\n%s\n", result.file_name(), result.line_number(),
                 test_.c_str(), result.summary());
  }

  std::string test_ = "?";
};

}  // namespace

int main(int argc, char** argv) {
  const tally::MpiEnvironment environment(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
  if (rank != nullptr && std::string(rank) != "0") {
    testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailurePrinter);
  }
  return RUN_ALL_TESTS();
}
