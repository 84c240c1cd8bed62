// SPDX-License-Identifier: MIT
#include "tally/state/overrides.hpp"

#include <gtest/gtest.h>

#include "config_fixtures.hpp"

namespace tally {
namespace {

// A run as its checkpoint holds it, under a schedule that does not depend on its length.
RunConfig stored_run() {
  RunConfig config;
  config.schedule = ScheduleKind::kConstant;
  resolve(config);
  return config;
}

std::string refusal(const RunConfig& stored, const Texts& texts) {
  return failure_of([&] { resumed(stored, overrides(texts)); });
}

OnResume rule_of(const std::string& name) {
  OnResume rule = OnResume::kMustMatch;
  for_each_field(kDefaults, [&](const Field& field, const auto& /*value*/) {
    if (field.name == name) rule = field.on_resume;
  });
  return rule;
}

TEST(Preset, PaperIsTheRecipeOfThePaper) {
  Texts expected = texts_of(kDefaults);
  expected.at("network") = "dense:100,tanh,dense:50,tanh,dense:10,tanh";
  expected.at("initializer") = "uniform";
  expected.at("loss") = "mse";
  expected.at("train-limit") = "2000";
  expected.at("batch-size") = "1";
  expected.at("epochs") = "50";
  expected.at("learning-rate") = "0.1";
  expected.at("momentum") = "0";
  expected.at("weight-decay") = "0";
  expected.at("schedule") = "constant";
  expected.at("order") = "sequential";
  EXPECT_EQ(texts_of(preset("paper")), expected);
}

TEST(Preset, FastIsTheDefaultRecipeInThreeEpochs) {
  Texts expected = texts_of(kDefaults);
  expected.at("epochs") = "3";
  EXPECT_EQ(texts_of(preset("fast")), expected);
}

TEST(Preset, CnnIsTwoConvolutionsInTwoEpochs) {
  Texts expected = texts_of(kDefaults);
  expected.at("network") =
      "conv:16@5x5,relu,max-pool:2,conv:32@5x5,relu,max-pool:2,dense:128,relu,dense:10";
  expected.at("batch-size") = "64";
  expected.at("epochs") = "2";
  expected.at("learning-rate") = "0.1";
  expected.at("nesterov") = "true";
  EXPECT_EQ(texts_of(preset("cnn")), expected);
}

TEST(Preset, CnnNormIsThreeConvolutionsWithBatchNormInFourEpochs) {
  Texts expected = texts_of(preset("cnn"));
  expected.at("network") =
      "conv:16@5x5,batch-norm,relu,max-pool:2,conv:32@3x3,batch-norm,relu,conv:48@3x3,batch-norm,"
      "relu,max-pool:2,dense:128,relu,dense:10";
  expected.at("epochs") = "4";
  EXPECT_EQ(texts_of(preset("cnn-norm")), expected);
}

TEST(Preset, RefusesNamesThatItDoesNotKnow) {
  EXPECT_EQ(failure_of([] { preset("papers"); }),
            "exit 2: --preset: expected paper, fast, cnn or cnn-norm, got \"papers\"");
}

TEST(Overwrite, LetsTheLastOneWin) {
  RunConfig config;
  overwrite(config, {{"epochs", "3", "my.toml: epochs"},
                     {"seed", "5", "my.toml: seed"},
                     {"epochs", "4", "--epochs"}});
  Texts expected = texts_of(kDefaults);
  expected.at("epochs") = "4";
  expected.at("seed") = "5";
  EXPECT_EQ(texts_of(config), expected);
}

TEST(Overwrite, NamesWhereAnOptionWasGiven) {
  RunConfig config;
  EXPECT_EQ(failure_of([&] {
              overwrite(config, {{"epoch", "3", "my.toml: epoch"}});
            }),
            "exit 2: my.toml: epoch: there is no such option; see tally-train --help");
  EXPECT_EQ(failure_of([&] {
              overwrite(config, {{"epochs", "x", "my.toml: epochs"}});
            }),
            "exit 2: my.toml: epochs: expected a whole number from 0 to 1 000 000 000, got \"x\"");
  EXPECT_EQ(failure_of([&] {
              overwrite(config, {{"", "3", "--"}});
            }),
            "exit 2: --: there is no such option; see tally-train --help");
}

TEST(Resumed, IsTheStoredRunIfNothingIsGiven) {
  EXPECT_EQ(texts_of(resumed(other_config(), {})), texts_of(other_config()));
  EXPECT_EQ(texts_of(resumed(stored_run(), {})), texts_of(stored_run()));
}

TEST(Resumed, AcceptsWhatIsGivenAsItWas) {
  EXPECT_EQ(texts_of(resumed(other_config(), overrides(other_texts()))), texts_of(other_config()));
  EXPECT_EQ(texts_of(resumed(stored_run(), overrides(texts_of(stored_run())))),
            texts_of(stored_run()));
}

TEST(Resumed, ComparesValuesNotSpellings) {
  EXPECT_EQ(refusal(stored_run(), {{"learning-rate", "2e-1"}, {"batch-size", "0128"}}),
            "no failure");
}

TEST(Resumed, TakesFieldsThatMayChangeAndRefusesAllOthers) {
  const RunConfig stored = stored_run();
  const Texts before = texts_of(stored);
  for (const auto& [name, text] : other_texts()) {
    if (rule_of(name) == OnResume::kMayChange) {
      Texts expected = before;
      expected.at(name) = text;
      EXPECT_EQ(texts_of(resumed(stored, overrides({{name, text}}))), expected);
    } else {
      EXPECT_EQ(refusal(stored, {{name, text}}),
                "exit 2: --" + name + ": this run was started with " + before.at(name) + ", got " +
                    text +
                    "; leave it out to continue, or start another run with another --run-dir");
    }
  }
}

TEST(Resumed, NamesTheFirstFieldThatDiffers) {
  const Overrides options = {{"threads", "2", "--threads"},
                             {"seed", "2", "my.toml: seed"},
                             {"momentum", "0.5", "--momentum"}};
  EXPECT_EQ(failure_of([&] { resumed(stored_run(), options); }),
            "exit 2: my.toml: seed: this run was started with 1, got 2; leave it out to continue, "
            "or start another run with another --run-dir");
}

TEST(Resumed, TakesAnAutomaticMicroBatchForWhatItWasAtTheStart) {
  EXPECT_EQ(texts_of(resumed(stored_run(), overrides({{"micro-batch", "auto"}}))),
            texts_of(stored_run()));
  RunConfig stored = stored_run();
  stored.micro_batch.value = 8;
  EXPECT_EQ(refusal(stored, {{"micro-batch", "auto"}}),
            "exit 2: --micro-batch: this run was started with 8, got 32; leave it out to continue, "
            "or start another run with another --run-dir");
}

TEST(Resumed, RefusesAnotherLengthUnderAScheduleThatDependsOnIt) {
  RunConfig stored = stored_run();
  for (const std::string epochs : {"10", "30"}) {
    for (const ScheduleKind schedule : {ScheduleKind::kConstant, ScheduleKind::kStep}) {
      stored.schedule = schedule;
      EXPECT_EQ(to_text(resumed(stored, overrides({{"epochs", epochs}})).epochs), epochs);
    }
    for (const ScheduleKind schedule : {ScheduleKind::kCosine, ScheduleKind::kOneCycle}) {
      stored.schedule = schedule;
      EXPECT_EQ(refusal(stored, {{"epochs", epochs}}),
                "exit 2: --epochs: expected 20 as this run was started, got " + epochs + "; its " +
                    to_text(schedule) +
                    " schedule depends on the length of the run, so other learning rates would "
                    "have been used from the first step; to stop earlier use --max-steps");
      EXPECT_EQ(refusal(stored, {{"epochs", "20"}}), "no failure");
      EXPECT_EQ(refusal(stored, {{"max-steps", "5"}}), "no failure");
    }
  }
}

}  // namespace
}  // namespace tally
