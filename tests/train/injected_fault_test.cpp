// SPDX-License-Identifier: MIT
#include "tally/train/injected_fault.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include <gtest/gtest.h>

#include "tally/core/error.hpp"

namespace tally {
namespace {

class InjectedFaultTest : public testing::Test {
 protected:
  InjectedFaultTest() { ::setenv("TALLY_ALLOW_FAULTS", "1", 1); }
  ~InjectedFaultTest() override {
    ::unsetenv("TALLY_FAULT");
    ::unsetenv("TALLY_ALLOW_FAULTS");
  }

  static void ask_for(const char* text) { ::setenv("TALLY_FAULT", text, 1); }
};

TEST_F(InjectedFaultTest, IsNoneIfNobodyAsks) {
  InjectedFault fault;
  fault.arm(0);
  fault.strike(Phase::kForward, 0);
}

TEST_F(InjectedFaultTest, StrikesAtItsPlaceOnly) {
  ask_for("throw:forward:rank=2:step=5:thread=1");
  InjectedFault other;
  other.arm(1);
  other.strike(Phase::kForward, 5, 1);
  InjectedFault fault;
  fault.arm(2);
  fault.strike(Phase::kReduce, 5, 1);
  fault.strike(Phase::kForward, 4, 1);
  fault.strike(Phase::kForward, 5, 0);
  EXPECT_THROW(fault.strike(Phase::kForward, 5, 1), std::runtime_error);
  fault.strike(Phase::kForward, 6, 1);  // once only
}

TEST_F(InjectedFaultTest, ComesInTheKindThatWasAskedFor) {
  ask_for("bad_alloc:save");
  InjectedFault memory;
  memory.arm(0);
  EXPECT_THROW(memory.strike(Phase::kSave, 7), std::bad_alloc);
  ask_for("require:load");
  InjectedFault requirement;
  requirement.arm(0);
  EXPECT_THROW(requirement.strike(Phase::kLoad, 0), Error);
}

TEST_F(InjectedFaultTest, SpoilsAValue) {
  float value = 1;
  ask_for("nan:update");
  InjectedFault nan;
  nan.arm(0);
  nan.strike(Phase::kUpdate, 0);
  nan.spoil(Phase::kUpdate, 0, 0, value);
  EXPECT_TRUE(std::isnan(value));
  value = 1;
  ask_for("flip:update");
  InjectedFault flip;
  flip.arm(0);
  flip.spoil(Phase::kUpdate, 0, 0, value);
  EXPECT_EQ(value, std::nextafter(1.0F, 2.0F));
}

TEST_F(InjectedFaultTest, IsRefusedIfItMakesNoSense) {
  for (const char* text : {"", "throw", "boom:forward", "throw:lunch", "throw:forward:rank",
                           "throw:forward:rank=x", "throw:forward:colour=1", "throw:forward::"}) {
    ask_for(text);
    InjectedFault fault;
    EXPECT_THROW(fault.arm(0), Error) << text;
  }
}

#ifdef NDEBUG
TEST_F(InjectedFaultTest, IsIgnoredUnlessAllowed) {
  ask_for("throw:forward");
  ::unsetenv("TALLY_ALLOW_FAULTS");
  InjectedFault fault;
  fault.arm(0);
  fault.strike(Phase::kForward, 0);
}
#endif

}  // namespace
}  // namespace tally
