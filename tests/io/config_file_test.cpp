// SPDX-License-Identifier: MIT
#include "tally/io/config_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io_fixtures.hpp"
#include "tally/core/random.hpp"

namespace tally {
namespace {

std::string refusal(std::string_view text) {
  return failure_of([&] { overrides_in_toml(text, "my.toml"); });
}

RunConfig there_and_back(const RunConfig& config) {
  return config_from_toml(to_toml(config), "my.toml");
}

TEST(ConfigFile, HasOneLinePerField) {
  EXPECT_EQ(to_toml(RunConfig{}),
            R"(data = ""
train-limit = "none"
validation = 0
run-dir = ""
network = "dense:100,tanh,dense:50,tanh,dense:10"
initializer = "glorot"
loss = "softmax-cross-entropy"
label-smoothing = 0
batch-size = 128
micro-batch = "auto"
epochs = 20
max-steps = "none"
learning-rate = 0.2
momentum = 0.9
nesterov = false
weight-decay = 0.0003
decay = "weights"
schedule = "one-cycle"
step-epochs = 10
step-factor = 0.1
warmup-steps = 0
augment = "none"
augment-strength = "1"
augment-copies = "fresh"
order = "shuffled"
seed = 1
checkpoint-every = "1epochs"
keep = 3
max-time = "none"
stall-timeout = 60
threads = "auto"
reduction = "tree"
log-every = 0
quiet = false
)");
}

TEST(ConfigFile, GivesBackEveryField) {
  EXPECT_EQ(texts_of(there_and_back(RunConfig{})), texts_of(RunConfig{}));
  EXPECT_EQ(texts_of(there_and_back(other_config())), texts_of(other_config()));
}

// Biases decayed in all runs of versions without the field.
TEST(ConfigFile, TakesWhatAnEarlierVersionComputedByForAFieldThatIsMissing) {
  std::string text = to_toml(RunConfig{});
  const std::string field = "decay = \"weights\"\n";
  text.erase(text.find("\n" + field) + 1, field.size());
  const RunConfig earlier = config_from_toml(text, "my.toml");
  EXPECT_EQ(earlier.decay, DecayKind::kAll);
  RunConfig expected;
  expected.decay = DecayKind::kAll;
  EXPECT_EQ(texts_of(earlier), texts_of(expected));
}

TEST(ConfigFile, GivesBackAnyText) {
  std::string control;
  for (char character = 1; character < 0x20; ++character) control += character;
  for (const std::string& nasty :
       {std::string("\"\"\""), std::string("'''"), std::string("a\\"), std::string("\\u0041\\n"),
        std::string("# no comment"), std::string("[table]"), std::string("x = 1\ny = 2"),
        std::string("\x7F"), std::string("\0zero\0", 6), std::string("\xEF\xBB\xBF"),
        std::string("\xC2\x85\xE2\x80\xA8\xF0\x9F\x98\x80"), std::string(100'000, '\\'), control}) {
    RunConfig config;
    config.data = nasty;
    config.run_dir = nasty;
    EXPECT_EQ(texts_of(there_and_back(config)), texts_of(config));
  }
}

TEST(ConfigFile, GivesBackEveryBitOfANumber) {
  RandomStream stream(1, Purpose::kInitialize);
  for (int i = 0; i < 300; ++i) {
    RunConfig config;
    config.learning_rate = stream.uniform() * (i % 2 == 0 ? 1 : 1e-12);
    config.weight_decay = stream.uniform() * 1e8;
    config.seed = std::uint64_t{stream.next()} << 32 | stream.next();
    const RunConfig back = there_and_back(config);
    EXPECT_EQ(back.learning_rate, config.learning_rate);
    EXPECT_EQ(back.weight_decay, config.weight_decay);
    EXPECT_EQ(back.seed, config.seed);
  }
}

TEST(ConfigFile, GivesBackTheSeedsAroundTheLimitOfToml) {
  for (const std::uint64_t seed :
       {0x7FFF'FFFF'FFFF'FFFFU, 0x8000'0000'0000'0000U, 0xFFFF'FFFF'FFFF'FFFFU, std::uint64_t{0}}) {
    RunConfig config;
    config.seed = seed;
    EXPECT_EQ(there_and_back(config).seed, seed);
  }
}

TEST(ConfigFile, TakesTheFieldsThatAreThere) {
  const Overrides overrides = overrides_in_toml(
      "# a recipe\r\nepochs = 1_000\r\nbatch-size = 0x40\r\nlearning-rate = 1e-3\r\n"
      "nesterov = true\r\nnetwork = 'dense:10'\r\n",
      "my.toml");
  RunConfig config;
  overwrite(config, overrides);
  Texts expected = texts_of(RunConfig{});
  expected.at("epochs") = "1000";
  expected.at("batch-size") = "64";
  expected.at("learning-rate") = "0.001";
  expected.at("nesterov") = "true";
  expected.at("network") = "dense:10";
  EXPECT_EQ(texts_of(config), expected);
  EXPECT_EQ(overrides.front().origin, "my.toml: batch-size");
  EXPECT_TRUE(overrides_in_toml("", "my.toml").empty());
}

TEST(ConfigFile, NamesTheLineThatIsNoToml) {
  EXPECT_EQ(refusal("epochs = 3\nseed =\n"),
            "exit 2: my.toml: line 2: Error while parsing key-value pair: expected value, saw "
            "'\\n'");
  EXPECT_EQ(refusal("epochs = 3\n\nepochs = 4\n"),
            "exit 2: my.toml: line 3: Error while parsing key-value pair: cannot redefine existing "
            "integer 'epochs'");
  EXPECT_EQ(refusal("data = \"\n\""),
            "exit 2: my.toml: line 1: Error while parsing string: unescaped control "
            "characters other than TAB (U+0009) are explicitly prohibited");
  EXPECT_EQ(refusal("seed = 99999999999999999999\n").substr(0, 24), "exit 2: my.toml: line 1:");
  EXPECT_EQ(refusal("\n\ndata = \"caf\xE9\"\n").substr(0, 24), "exit 2: my.toml: line 3:");
  EXPECT_EQ(refusal(std::string(100'000, '[')).substr(0, 24), "exit 2: my.toml: line 1:");
  EXPECT_EQ(refusal("a = " + std::string(100'000, '[')).substr(0, 24), "exit 2: my.toml: line 1:");
}

// The parser would go into each level by calling itself.
TEST(ConfigFile, RefusesManyLevelsBeforeTheyAreParsed) {
  const std::string refused = "names or lists go deeper into each other than in any configuration";
  std::string name = "a", table, lists;
  for (int i = 0; i < 150'000; ++i) name += ".a . \"a\"";
  for (int i = 0; i < 100'000; ++i) table += "{a=";
  for (int i = 0; i < 100'000; ++i) lists += "[\n";
  const std::string first = "exit 2: my.toml: line 1: " + refused;
  EXPECT_EQ(refusal(name + " = 1\n"), first);
  EXPECT_EQ(refusal("[" + name + "]\n"), first);
  EXPECT_EQ(refusal("[[" + name + "]]\n"), first);
  EXPECT_EQ(refusal("a = " + table + "1\n"), first);
  EXPECT_EQ(refusal("a = {" + name + " = 1}\n"), first);
  EXPECT_EQ(refusal("a = " + lists), "exit 2: my.toml: line 17: " + refused);
  EXPECT_EQ(refusal("epochs = 3\n\n" + name + " = 1\n"), "exit 2: my.toml: line 3: " + refused);
}

TEST(ConfigFile, IsNotMisledByQuotesAboutLevels) {
  std::string levels;
  for (int i = 0; i < 100'000; ++i) levels += "a.";
  for (const std::string before :
       {R"(a = ["""x"""", {)", R"(a = ['''x'''', {)", "a = [\"\"\"\n\"\"\", {", R"(a = ['\', {)",
        R"(a = ["\\", {)", R"(a = ["x\", {)", "a = \"\n", "a = '\n", R"(a = ["#", {)",
        R"(a = ['"', {)"}) {
    EXPECT_THAT(refusal(before + levels + "a = 1}]\n"),
                testing::EndsWith("than in any configuration"))
        << before;
  }
}

TEST(ConfigFile, TakesManyListsBesideEachOther) {
  std::string text;
  for (int i = 0; i < 100; ++i)
    text +=
        "[[a]]\nb = [0.1, 0.2, 0.3, {c = 0.5}, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, "
        "0.7, 0.8, 0.9, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]\n";
  EXPECT_THAT(refusal(text), testing::EndsWith("expected a text, a number, true or false"));
}

TEST(ConfigFile, TakesDotsAndBracketsInTexts) {
  const std::string path = "[{" + std::string(1000, '.') + R"(\")" + std::string(1000, '[');
  const std::string literal = std::string(1000, '.') + R"(#""")";
  const std::string text = "data = \"" + path + "\" # " + path + "\nrun-dir = '" + literal + "'\n";
  EXPECT_EQ(overrides_in_toml(text, "my.toml").back().text, literal);
  RunConfig config;
  config.data = "\"\"\"'''" + path + literal;
  EXPECT_EQ(config_from_toml(to_toml(config), "my.toml").data, config.data);
}

TEST(ConfigFile, EscapesWhatWouldSteerATerminal) {
  RunConfig config;
  config.data = "a\x1B[31m\xC2\x9B\xE2\x80\xAE\x7F\xC3\xA9\n\"\\";
  const std::string text = to_toml(config);
  EXPECT_THAT(text, testing::HasSubstr("data = \"a\\u001b[31m\\u009b\\u202e\\u007f\xC3\xA9"
                                       "\\u000a\\\"\\\\\"\n"));
  EXPECT_EQ(config_from_toml(text, "my.toml").data, config.data);
}

TEST(ConfigFile, RefusesTablesListsAndDates) {
  const std::string rest = "expected a text, a number, true or false";
  EXPECT_EQ(refusal("epochs = 3\n[train]\nseed = 1\n"), "exit 2: my.toml: train (line 2): " + rest);
  EXPECT_EQ(refusal("train.epochs = 3\n"), "exit 2: my.toml: train (line 1): " + rest);
  EXPECT_EQ(refusal("\nepochs = [3]\n"), "exit 2: my.toml: epochs (line 2): " + rest);
  EXPECT_EQ(refusal("seed = 1\n[[epochs]]\nx = 1\n"), "exit 2: my.toml: epochs (line 2): " + rest);
  EXPECT_EQ(refusal("max-time = 01:30:00\n"), "exit 2: my.toml: max-time (line 1): " + rest);
}

TEST(ConfigFile, RefusesFieldsAndValuesThatDoNotExist) {
  const auto refused = [](std::string_view text) {
    return failure_of([&] { config_from_toml(text, "my.toml"); });
  };
  EXPECT_EQ(refused("\"a\\u0000b\" = 3\n"),
            "exit 2: my.toml: a\\x00b: there is no such option; see tally-train --help");
  EXPECT_EQ(refused("loss = \"\\u001B[31m\"\n"),
            "exit 2: my.toml: loss: expected softmax-cross-entropy or mse, got \"\\x1B[31m\"");
  EXPECT_EQ(refused("epoch = 3\n"),
            "exit 2: my.toml: epoch: there is no such option; see tally-train --help");
  EXPECT_EQ(refused("epochs = 3.5\n"),
            "exit 2: my.toml: epochs: expected a whole number from 0 to 1 000 000 000, got "
            "\"3.5\"");
  EXPECT_EQ(refused("learning-rate = nan\n"),
            "exit 2: my.toml: learning-rate: expected a number from 0 to 1 000 000 000, got "
            "\"nan\"");
  EXPECT_EQ(refused("learning-rate = -inf\n"),
            "exit 2: my.toml: learning-rate: expected a number from 0 to 1 000 000 000, got "
            "\"-inf\"");
  EXPECT_EQ(refused("quiet = 1\n"), "exit 2: my.toml: quiet: expected true or false, got \"1\"");
}

// The runs as "name=text name=text; ..."
std::string runs_in(std::string_view text) {
  std::string result;
  for (const Overrides& run : runs_in_toml(text, "my.toml")) {
    if (!result.empty()) result += "; ";
    for (const Override& option : run) result += option.name + "=" + option.text + " ";
  }
  return result;
}

TEST(ConfigFile, HasATablePerRunOfASweep) {
  EXPECT_EQ(
      runs_in("momentum = 0.5\n[[run]]\nseed = 1\n[[run]]\nnetwork = 'dense:5,tanh,dense:10'\n"
              "momentum = 0\n[[run]]\n"),
      "momentum=0.5 seed=1 ; momentum=0.5 momentum=0 network=dense:5,tanh,dense:10 ; "
      "momentum=0.5 ");
  EXPECT_EQ(runs_in("run = [{seed = 1}, {nesterov = true}]\n"), "seed=1 ; nesterov=true ");
  EXPECT_EQ(runs_in_toml("[[run]]\nseed = 1\n", "my.toml")[0][0].origin, "my.toml: run 1: seed");
}

TEST(ConfigFile, RefusesWhatIsNoListOfRuns) {
  const auto refused = [](std::string_view text) { return failure_of([&] { runs_in(text); }); };
  const std::string expected = "exit 2: my.toml: expected a table [[run]] for each run";
  EXPECT_EQ(refused(""), expected);
  EXPECT_EQ(refused("run = []\n"), expected);
  EXPECT_EQ(refused("run = 3\n"), expected);
  EXPECT_EQ(refused("[run]\nseed = 1\n"), expected);
  EXPECT_EQ(refused("[[runs]]\nseed = 1\n"), expected);
  EXPECT_EQ(refused("run = [\n1]\n"),
            "exit 2: my.toml: line 2: expected tables [[run]], not values");
  EXPECT_EQ(refused("[[run]]\nseed = [1, 2]\n"),
            "exit 2: my.toml: run 1: seed (line 2): expected a text, a number, true or false");
}

}  // namespace
}  // namespace tally
