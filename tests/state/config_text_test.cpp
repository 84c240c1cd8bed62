// SPDX-License-Identifier: MIT
#include "tally/state/config_text.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config_fixtures.hpp"
#include "tally/core/random.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

constexpr double kHuge = 1e300;
const Field kAnyNumber{"number", "N", "", OnResume::kMustMatch, -kHuge, kHuge};
const Field kSmallNumber{"number", "N", "", OnResume::kMustMatch, 1, 60'000};

template <typename Value>
Value parsed(std::string_view text, const Field& field = kAnyNumber) {
  Value value{};
  from_text({field, "--number", text}, value);
  return value;
}

template <typename Value>
std::string refusal(std::string_view text, const Field& field = kSmallNumber) {
  return failure_of([&] { parsed<Value>(text, field); });
}

template <typename Value>
void expect_inverse(const Value& value, std::string_view text) {
  EXPECT_EQ(to_text(value), text);
  EXPECT_EQ(parsed<Value>(text), value) << text;
}

TEST(ConfigText, IsTheInverseOfParsing) {
  expect_inverse<std::string>("", "");
  expect_inverse<std::string>("a b\n\"c\" \xF0\x9F\x98\x80", "a b\n\"c\" \xF0\x9F\x98\x80");
  expect_inverse<std::int64_t>(-12, "-12");
  expect_inverse<std::int64_t>(std::numeric_limits<std::int64_t>::max(), "9223372036854775807");
  expect_inverse<std::uint64_t>(std::numeric_limits<std::uint64_t>::max(), "18446744073709551615");
  expect_inverse<double>(0.1, "0.1");
  expect_inverse<double>(3, "3");
  expect_inverse<double>(1e-20, "1e-20");
  expect_inverse<double>(std::nextafter(0.1, 1), "0.10000000000000002");
  expect_inverse<bool>(true, "true");
  expect_inverse<bool>(false, "false");
  expect_inverse<AutoCount>({0}, "auto");
  expect_inverse<AutoCount>({7}, "7");
  expect_inverse<Limit>(std::nullopt, "none");
  expect_inverse<Limit>(0, "0");
  expect_inverse<Limit>(7, "7");
  expect_inverse<TimeLimit>({}, "none");
  expect_inverse<TimeLimit>({0}, "00:00:00");
  expect_inverse<TimeLimit>({3599}, "00:59:59");
  expect_inverse<TimeLimit>({(100 * 60 + 2) * 60 + 3}, "100:02:03");
  expect_inverse<CheckpointInterval>({500, CheckpointInterval::Unit::kSteps}, "500steps");
  expect_inverse<CheckpointInterval>({1, CheckpointInterval::Unit::kEpochs}, "1epochs");
  expect_inverse<CheckpointInterval>({5, CheckpointInterval::Unit::kMinutes}, "5min");
  expect_inverse<Distortions>({}, "none");
  Distortions some;
  some.add(Distortion::kCutOut);
  some.add(Distortion::kAffine);
  expect_inverse<Distortions>(some, "affine,cut-out");
  expect_inverse<StrengthPhases>({}, "1");
  expect_inverse<StrengthPhases>({{{0.5, 1}}}, "0.5");
  expect_inverse<StrengthPhases>({{{1, 0.6}, {0.6, 0.85}, {0, 1}}}, "1@0.6,0.6@0.85,0");
  expect_inverse<CopyCount>({0}, "fresh");
  expect_inverse<CopyCount>({7}, "7");
}

TEST(ConfigText, NamesEveryChoice) {
  expect_inverse(Initializer::kGlorot, "glorot");
  expect_inverse(Initializer::kHe, "he");
  expect_inverse(Initializer::kUniform, "uniform");
  expect_inverse(LossKind::kSoftmaxCrossEntropy, "softmax-cross-entropy");
  expect_inverse(LossKind::kMeanSquaredError, "mse");
  expect_inverse(ScheduleKind::kConstant, "constant");
  expect_inverse(ScheduleKind::kStep, "step");
  expect_inverse(ScheduleKind::kCosine, "cosine");
  expect_inverse(ScheduleKind::kOneCycle, "one-cycle");
  expect_inverse(SampleOrder::kShuffled, "shuffled");
  expect_inverse(SampleOrder::kSequential, "sequential");
  expect_inverse(ReductionKind::kTree, "tree");
  expect_inverse(ReductionKind::kMpi, "mpi");
}

TEST(ConfigText, KeepsEveryBitOfANumber) {
  RandomStream stream(1, Purpose::kInitialize);
  for (int i = 0; i < 10'000; ++i) {
    const auto bits = std::uint64_t{stream.next()} << 32 | stream.next();
    const auto number = std::bit_cast<double>(bits);
    if (!(std::abs(number) <= kHuge)) continue;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(parsed<double>(to_text(number))), bits) << number;
  }
}

TEST(ConfigText, TakesAnythingWithinTheBoundsOfItsField) {
  EXPECT_EQ(parsed<std::int64_t>("1", kSmallNumber), 1);
  EXPECT_EQ(parsed<std::int64_t>("60000", kSmallNumber), 60'000);
  EXPECT_EQ(parsed<double>("1", kSmallNumber), 1.0);
  EXPECT_EQ(parsed<double>("6e4", kSmallNumber), 60'000.0);
  EXPECT_EQ(parsed<CheckpointInterval>("60000min", kSmallNumber).count, 60'000);
}

TEST(ConfigText, RefusesWhatIsNoWholeNumberInBounds) {
  for (const std::string wrong : {"", "0", "60001", "-5", "+5", " 5", "5 ", "5.0", "1e3", "0x10",
                                  "five", "99999999999999999999"}) {
    const std::string got = "from 1 to 60 000, got \"" + wrong + "\"";
    const std::string start = "exit 2: --number: expected ";
    EXPECT_EQ(refusal<std::int64_t>(wrong), start + "a whole number " + got);
    EXPECT_EQ(refusal<std::uint64_t>(wrong), start + "a whole number " + got);
    EXPECT_EQ(refusal<AutoCount>(wrong), start + "\"auto\" or a whole number " + got);
    EXPECT_EQ(refusal<Limit>(wrong), start + "\"none\" or a whole number " + got);
  }
  EXPECT_EQ(refusal<AutoCount>("none"),
            "exit 2: --number: expected \"auto\" or a whole number from 1 to 60 000, got \"none\"");
  EXPECT_EQ(refusal<Limit>("auto"),
            "exit 2: --number: expected \"none\" or a whole number from 1 to 60 000, got \"auto\"");
}

TEST(ConfigText, RefusesWhatIsNoNumberInBounds) {
  for (const std::string wrong :
       {"", "0.99", "60000.1", "-2", "+2", "nan", "inf", "1e400", "1e-400", "2,5", "2.5x"}) {
    EXPECT_EQ(refusal<double>(wrong),
              "exit 2: --number: expected a number from 1 to 60 000, got \"" + wrong + "\"");
  }
  const Field wide{"number", "N", "", OnResume::kMustMatch, 0.5, 1e18};
  EXPECT_EQ(refusal<double>("0", wide),
            "exit 2: --number: expected a number from 0.5 to 1e+18, got \"0\"");
}

TEST(ConfigText, RefusesWhatIsNoSwitch) {
  for (const std::string wrong : {"", "True", "1", "yes"}) {
    EXPECT_EQ(refusal<bool>(wrong),
              "exit 2: --number: expected true or false, got \"" + wrong + "\"");
  }
}

TEST(ConfigText, RefusesWhatIsNoTime) {
  for (const std::string wrong :
       {"", "90", "01:30", "01:30:", ":30:00", "01::00", "01:60:00", "01:00:60", "01:00:00:00",
        "-1:00:00", "01:-3:00", "01:30:00 ", "100001:00:00", "1h"}) {
    EXPECT_EQ(refusal<TimeLimit>(wrong),
              "exit 2: --number: expected \"none\" or a time as HH:MM:SS, got \"" + wrong + "\"");
  }
}

TEST(ConfigText, RefusesWhatIsNoInterval) {
  for (const std::string wrong : {"", "500", "steps", "500 steps", "500step", "-5steps", "0epochs",
                                  "60001steps", "1.5min", "99999999999999999999min", "5minutes"}) {
    EXPECT_EQ(refusal<CheckpointInterval>(wrong),
              "exit 2: --number: expected an interval such as 500steps, 1epochs or 5min, from 1 to "
              "60 000, got \"" +
                  wrong + "\"");
  }
}

TEST(ConfigText, RefusesNamesThatAreNoChoice) {
  EXPECT_EQ(refusal<Initializer>("xavier"),
            "exit 2: --number: expected glorot or he or uniform, got \"xavier\"");
  EXPECT_EQ(refusal<ScheduleKind>("Cosine"),
            "exit 2: --number: expected constant or step or cosine or one-cycle, got \"Cosine\"");
  EXPECT_EQ(refusal<LossKind>(""),
            "exit 2: --number: expected softmax-cross-entropy or mse, got \"\"");
}

// A checkpoint keeps its configuration as TOML, which is UTF-8.
TEST(ConfigText, RefusesTextThatIsNotUtf8) {
  for (const std::string good : {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                                 "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(parsed<std::string>("caf" + good + "x"), "caf" + good + "x");
  }
  for (const std::string wrong :
       {"\xE9", "\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98"}) {
    EXPECT_EQ(
        refusal<std::string>("caf" + wrong),
        "exit 2: --number: expected a text in UTF-8, got \"" + printable("caf" + wrong) + "\"");
    EXPECT_NE(refusal<std::string>("caf" + wrong + "x"), "no failure");
  }
  EXPECT_EQ(refusal<std::string>("caf\xE9"),
            "exit 2: --number: expected a text in UTF-8, got \"caf\\xE9\"");
}

TEST(ConfigText, RefusesAugmentationsThatAreNone) {
  for (const std::string_view text :
       {"", "affine,", ",affine", "affin", "affine,,elastic", "none,affine"}) {
    EXPECT_THAT(refusal<Distortions>(text), testing::HasSubstr("expected affine or elastic"))
        << text;
  }
  const Field strength{"augment-strength", "S", "", OnResume::kMustMatch, 0, 2};
  std::string many;
  for (int i = 1; i <= 16; ++i) many += fmt::format("1@0.{:02},", i);
  for (const std::string& text :
       std::vector<std::string>{"", "2.1", "-1", "nan", "1@0.5", "1@1,0.5", "1,0.5",
                                "1@0.5,0.5@0.5,1", "1@0.5,0.5@0.4,1", "1@0,1", "1@,1", "@0.5,1",
                                "1@0.5,", "1@0.5,x", "1@nan,1", many + "1"}) {
    EXPECT_THAT(refusal<StrengthPhases>(text, strength),
                testing::HasSubstr("expected a strength from 0 to 2, or up to 16"))
        << text;
  }
  for (const std::string_view text : {"", "0", "-1", "auto", "1.5", "60001"}) {
    EXPECT_THAT(refusal<CopyCount>(text),
                testing::HasSubstr("expected \"fresh\" or a whole number"))
        << text;
  }
}

}  // namespace
}  // namespace tally
