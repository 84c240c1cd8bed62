// SPDX-License-Identifier: MIT
#include "tally/run/job_end.hpp"

#include <cstdlib>

#include "tally/core/error.hpp"

namespace tally {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

constexpr std::int64_t kNow = 1'800'000'000;

class JobEndTest : public testing::Test {
 protected:
  JobEndTest() {
    for (const char* name : {"TALLY_END_TIME", "TALLY_END_MARGIN", "SLURM_JOB_END_TIME"}) {
      ::unsetenv(name);
    }
  }
  ~JobEndTest() override {
    for (const char* name : {"TALLY_END_TIME", "TALLY_END_MARGIN", "SLURM_JOB_END_TIME"}) {
      ::unsetenv(name);
    }
  }

  [[nodiscard]] JobEnd ending_in(std::int64_t in) const {
    return JobEnd({kNow + in, seconds{10}}, start_, kNow);
  }

  JobEnd::Clock::time_point start_{seconds{5000}};
};

TEST_F(JobEndTest, IsNeverNearWithoutAJob) {
  JobEnd end({}, start_, kNow);
  EXPECT_FALSE(end.is_near(start_ + std::chrono::hours{10000}));
  EXPECT_EQ(end.text(start_), "");
}

TEST_F(JobEndTest, KeepsTheLeastMarginWhereStepsAreFast) {
  JobEnd end = ending_in(60);
  EXPECT_FALSE(end.is_near(start_ + seconds{50}));
  EXPECT_TRUE(end.is_near(start_ + std::chrono::milliseconds{50'001}));
}

TEST_F(JobEndTest, KeepsTimeForTwoOfTheSlowestStepsAndSaves) {
  JobEnd end = ending_in(100);
  EXPECT_FALSE(end.is_near(start_));
  EXPECT_FALSE(end.is_near(start_ + seconds{8}));
  EXPECT_EQ(end.margin(), seconds{2 * 8 + 10});
  end.add_save(seconds{5});
  EXPECT_FALSE(end.is_near(start_ + seconds{8 + 7}));  // two of them a step
  EXPECT_EQ(end.margin(), seconds{2 * (8 + 5) + 10});
  EXPECT_FALSE(end.is_near(start_ + seconds{23}));
  EXPECT_TRUE(end.is_near(start_ + seconds{65}));
}

TEST_F(JobEndTest, IsNearWhenTheJobShouldHaveEnded) {
  EXPECT_TRUE(ending_in(-5).is_near(start_));
  EXPECT_THAT(ending_in(-5).text(start_), HasSubstr("0:00:00"));
}

TEST_F(JobEndTest, SaysWhenTheJobEnds) {
  EXPECT_EQ(ending_in(3725).text(start_),
            "this job ends in 1:02:05; the run saves and stops before, if a step ends by then");
}

TEST_F(JobEndTest, ReadsTheEnvironment) {
  EXPECT_EQ(job_time().end, std::nullopt);
  ::setenv("SLURM_JOB_END_TIME", "1800000100", 1);
  EXPECT_EQ(job_time().end, 1'800'000'100);
  ::setenv("TALLY_END_TIME", "1800000050", 1);
  ::setenv("TALLY_END_MARGIN", "47", 1);
  EXPECT_EQ(job_time().end, 1'800'000'050);
  EXPECT_EQ(job_time().margin, seconds{47});
  ::setenv("TALLY_END_TIME", "none", 1);
  EXPECT_EQ(job_time().end, std::nullopt);
}

TEST_F(JobEndTest, RefusesWhatIsNoTime) {
  for (const char* wrong : {"soon", "-1", "99999999999999999999", "1e9", " 5"}) {
    ::setenv("TALLY_END_TIME", wrong, 1);
    EXPECT_THAT([] { static_cast<void>(job_time()); },
                testing::ThrowsMessage<Error>(HasSubstr("TALLY_END_TIME: expected seconds since")))
        << wrong;
  }
  ::unsetenv("TALLY_END_TIME");
  ::setenv("SLURM_JOB_END_TIME", "Unknown", 1);  // not ours to judge
  EXPECT_EQ(job_time().end, std::nullopt);
}

}  // namespace
}  // namespace tally
