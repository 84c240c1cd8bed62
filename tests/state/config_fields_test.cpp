// SPDX-License-Identifier: MIT
#include "tally/state/config_fields.hpp"

#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config_fixtures.hpp"

namespace tally {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<std::string> names_that(OnResume rule) {
  std::vector<std::string> names;
  for_each_field(kDefaults, [&](const Field& field, const auto& /*value*/) {
    if (field.on_resume == rule) names.emplace_back(field.name);
  });
  return names;
}

TEST(ConfigFields, HaveTheDefaultsOfTheDesign) {
  std::vector<std::pair<std::string, std::string>> defaults;
  for_each_field(kDefaults, [&](const Field& field, const auto& value) {
    defaults.emplace_back(field.name, to_text(value));
  });
  EXPECT_THAT(
      defaults,
      ElementsAre(
          Pair("data", ""), Pair("train-limit", "none"), Pair("validation", "0"),
          Pair("run-dir", ""), Pair("network", "dense:100,tanh,dense:50,tanh,dense:10"),
          Pair("initializer", "glorot"), Pair("loss", "softmax-cross-entropy"),
          Pair("label-smoothing", "0"), Pair("batch-size", "128"), Pair("micro-batch", "auto"),
          Pair("epochs", "20"), Pair("max-steps", "none"), Pair("learning-rate", "0.2"),
          Pair("momentum", "0.9"), Pair("nesterov", "false"), Pair("weight-decay", "0.0003"),
          Pair("decay", "weights"), Pair("schedule", "one-cycle"), Pair("step-epochs", "10"),
          Pair("step-factor", "0.1"), Pair("warmup-steps", "0"), Pair("augment", "none"),
          Pair("augment-strength", "1"), Pair("augment-copies", "fresh"), Pair("order", "shuffled"),
          Pair("seed", "1"), Pair("checkpoint-every", "1epochs"), Pair("keep", "3"),
          Pair("max-time", "none"), Pair("stall-timeout", "60"), Pair("threads", "auto"),
          Pair("reduction", "tree"), Pair("log-every", "0"), Pair("quiet", "false")));
}

TEST(ConfigFields, HaveDistinctNames) {
  std::set<std::string> names;
  for_each_field(kDefaults, [&](const Field& field, const auto& /*value*/) {
    EXPECT_TRUE(names.emplace(field.name).second) << field.name;
    EXPECT_FALSE(field.help.empty()) << field.name;
  });
}

TEST(ConfigFields, HaveNoValueNameIfAndOnlyIfTheyAreSwitches) {
  for_each_field(kDefaults, [](const Field& field, const auto& value) {
    constexpr bool kIsSwitch = std::is_same_v<std::remove_cvref_t<decltype(value)>, bool>;
    EXPECT_EQ(field.value_name.empty(), kIsSwitch) << field.name;
  });
}

TEST(ConfigFields, AcceptTheirOwnDefaults) {
  RunConfig config;
  overwrite(config, overrides(texts_of(config)));
  EXPECT_EQ(texts_of(config), texts_of(kDefaults));
}

TEST(ConfigFields, EachHasAPlaceOfItsOwn) {
  const Texts defaults = texts_of(kDefaults);
  ASSERT_EQ(other_texts().size(), defaults.size());
  for (const auto& [name, text] : other_texts()) {
    Texts expected = defaults;
    expected.at(name) = text;
    RunConfig config;
    overwrite(config, overrides({{name, text}}));
    EXPECT_EQ(texts_of(config), expected);
    EXPECT_NE(texts_of(config), defaults) << name;
  }
}

TEST(ConfigFields, MayChangeAtAResumeIfTheNumbersDoNotDependOnThem) {
  EXPECT_THAT(names_that(OnResume::kMayChange),
              ElementsAre("data", "run-dir", "epochs", "max-steps", "checkpoint-every", "keep",
                          "max-time", "stall-timeout", "threads", "log-every", "quiet"));
  EXPECT_EQ(names_that(OnResume::kMustMatch).size(), 23U);
}

}  // namespace
}  // namespace tally
