// SPDX-License-Identifier: MIT
#include "sweep/choices.hpp"

#include <gmock/gmock.h>

#include "state/config_fixtures.hpp"
#include "support/temporary_directory.hpp"

namespace tally {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Each choice as "name=text name=text".
std::vector<std::string> texts_of(const SweepChoices& choices) {
  std::vector<std::string> texts;
  for (const Overrides& options : choices) {
    std::string text;
    for (const Override& option : options) {
      text += (text.empty() ? "" : " ") + option.name + "=" + option.text;
    }
    texts.push_back(text);
  }
  return texts;
}

class SweepChoicesTest : public testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> texts_in(const std::string& name,
                                                  std::string_view contents) const {
    return texts_of(choices_of(directory_.write(name, contents).string()));
  }
  [[nodiscard]] std::string refusal(const std::string& name, std::string_view contents) const {
    return failure_of([&] { static_cast<void>(texts_in(name, contents)); });
  }

  TemporaryDirectory directory_;
};

TEST_F(SweepChoicesTest, OfAWordAreItsValues) {
  EXPECT_THAT(texts_of(choices_of("seed=1,2")), ElementsAre("seed=1", "seed=2"));
  EXPECT_THAT(texts_of(choices_of("seed=1,,2")), ElementsAre("seed=1", "seed=", "seed=2"));
  EXPECT_THAT(texts_of(choices_of("data=a=b.csv")), ElementsAre("data=a=b.csv"));
}

TEST_F(SweepChoicesTest, AreSeparatedBySemicolonsWhereValuesHaveCommas) {
  EXPECT_THAT(texts_of(choices_of("network=dense:5,tanh,dense:2")),
              ElementsAre("network=dense:5,tanh,dense:2"));
  EXPECT_THAT(texts_of(choices_of("data=a,b;c")), ElementsAre("data=a,b", "data=c"));
}

TEST_F(SweepChoicesTest, OfATableAreItsLines) {
  EXPECT_THAT(texts_in("r.csv",
                       "\xEF\xBB\xBFseed, network\r\n# a remark\r\n1, \"dense:5,dense:2\"\r\n\r\n"
                       "2,\r\n"),
              ElementsAre("seed=1 network=dense:5,dense:2", "seed=2"));
}

TEST_F(SweepChoicesTest, HaveAtMostAThousandColumns) {
  const std::string commas(999, ',');
  EXPECT_EQ(refusal("r.csv", "seed" + commas + "\n1" + commas + "\n"), "no failure");
  EXPECT_EQ(refusal("r.csv", "seed" + commas + ",\n1" + commas + ",\n"),
            "exit 2: " + (directory_.path() / "r.csv").string() +
                ": expected at most 1000 options, got 1001");
}

TEST_F(SweepChoicesTest, OfAConfigurationAreItsRuns) {
  EXPECT_THAT(texts_in("r.toml", "epochs = 3\n[[run]]\nseed = 1\n[[run]]\nseed = 2\n"),
              ElementsAre("epochs=3 seed=1", "epochs=3 seed=2"));
}

TEST_F(SweepChoicesTest, RefusesLinesOfAnotherLength) {
  EXPECT_THAT(refusal("r.csv", "seed,epochs\n1\n"),
              HasSubstr("r.csv: run 1: expected 2 values as in the first line, got 1"));
  EXPECT_THAT(refusal("r.csv", "seed\n"), HasSubstr("r.csv: expected a line with the names"));
}

TEST_F(SweepChoicesTest, RefusesWhatIsNeitherWordNorFile) {
  for (const char* word : {"seed", "", "runs.yaml", "a.b=1"}) {
    EXPECT_THAT(failure_of([&] { static_cast<void>(choices_of(word)); }),
                HasSubstr("\": expected OPTION=VALUE,VALUE,..., or a file of configurations"))
        << word;
  }
}

}  // namespace
}  // namespace tally
