// SPDX-License-Identifier: MIT
#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "checkpoint_fixtures.hpp"
#include "tally/io/checkpoint_store.hpp"

// Every way to cut a checkpoint short, and every byte of it changed, as files of a store that has
// an older one beside it: found, named, moved aside, and the older one used.
namespace tally {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kOlder = 60;
constexpr std::int64_t kNewer = 70;

class CheckpointSweep : public testing::Test {
 protected:
  CheckpointSweep() {
    std::filesystem::create_directories(directory_);
    put(older_, as_text(encode_checkpoint(small_state(kOlder))));
  }

  // What a load says of a newer file with these contents; empty if it is wrong.
  std::string said_of(const std::string& contents) {
    put(newer_, contents);
    CheckpointStore store(directory_);
    const auto loaded = store.load_newest(CheckpointStore::Damaged::kMoveAside);
    const auto aside = newer_.string() + ".damaged-1";
    const bool is_older = loaded && loaded->state.progress.step == kOlder;
    const bool is_aside = std::filesystem::remove(aside) && !std::filesystem::exists(newer_);
    if (!is_older || !is_aside || loaded->warnings.size() != 1) return "";
    return loaded->warnings.front();
  }

  // Of this process at its largest.
  static std::int64_t peak_bytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss * 1024;
  }

  TemporaryDirectory temporary_;
  std::filesystem::path directory_ = temporary_.path() / "checkpoints";
  std::filesystem::path older_ = directory_ / checkpoint_name(kOlder);
  std::filesystem::path newer_ = directory_ / checkpoint_name(kNewer);
  std::string whole_ = as_text(encode_checkpoint(small_state(kNewer)));
};

// Far below what any number in a damaged header could ask for.
#ifdef TALLY_SANITIZED  // which keep what is freed
constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;
#else
constexpr std::int64_t kMostBytes = 32 << 20;
#endif

TEST_F(CheckpointSweep, FindsEveryPrefix) {
  const std::int64_t before = peak_bytes();
  for (std::size_t size = 0; size < whole_.size(); ++size) {
    const std::string said = said_of(whole_.substr(0, size));
    ASSERT_THAT(said, HasSubstr(size == 0 ? "empty" : "truncated (expected ")) << size;
    ASSERT_THAT(said, HasSubstr("; moved aside as step-000000000070.h5.damaged-1")) << size;
  }
  EXPECT_LT(peak_bytes() - before, kMostBytes);
  std::printf("%zu prefixes: all found, moved aside, the older one used\n", whole_.size());
}

TEST_F(CheckpointSweep, FindsEveryChangedByte) {
  const std::int64_t before = peak_bytes();
  for (std::size_t at = 0; at < whole_.size(); ++at) {
    std::string changed = whole_;
    changed[at] = static_cast<char>(changed[at] ^ (1 << at % 8));
    const std::string said = said_of(changed);
    ASSERT_THAT(said, HasSubstr("; moved aside as step-000000000070.h5.damaged-1")) << at;
    ASSERT_THAT(said, testing::AnyOf(HasSubstr("SHA-256"), HasSubstr("not a Tally checkpoint"),
                                     HasSubstr("first lines"), HasSubstr("truncated"),
                                     HasSubstr("too long")))
        << at;
  }
  EXPECT_LT(peak_bytes() - before, kMostBytes);
  std::printf("%zu changed bytes: all found, moved aside, the older one used\n", whole_.size());
}

TEST_F(CheckpointSweep, LoadsTheNewerOneIfItIsWhole) {
  put(newer_, whole_);
  CheckpointStore store(directory_);
  const auto loaded = store.load_newest(CheckpointStore::Damaged::kMoveAside);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->state.progress.step, kNewer);
  EXPECT_TRUE(loaded->warnings.empty());
}

}  // namespace
}  // namespace tally
