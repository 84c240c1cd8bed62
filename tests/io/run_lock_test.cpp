// SPDX-License-Identifier: MIT
#include "tally/io/run_lock.hpp"

#include <memory>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "io_fixtures.hpp"
#include "system_fixtures.hpp"

namespace tally {
namespace {

using std::chrono::seconds;

std::string host() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string owner_text(pid_t process) {
  return "host " + host() + ", process " + std::to_string(process);
}

std::string in_use_by(const TemporaryDirectory& directory, const std::string& owner) {
  return "exit 3: " + directory.string() + ": in use by " + owner +
         "; wait for it to end, or choose another --run-dir";
}

std::string taken_over_by(const TemporaryDirectory& directory, const std::string& owner) {
  return "exit 3: " + directory.string() + ": taken over by " + owner +
         "; this run stops without writing to it";
}

class RunLockTest : public testing::Test {
 protected:
  RunLockTest() { ::unsetenv("SLURM_JOB_ID"); }

  std::string failure_to_lock(seconds patience = seconds{0}) const {
    return failure_of([&] { const RunLock lock(file_, patience); });
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "run.lock";
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST_F(RunLockTest, NamesItsOwnerAndCarriesAToken) {
  const RunLock lock(file_, seconds{0});
  EXPECT_EQ(lock.warning(), "");
  const std::string text = text_in(file_);
  const std::string first_line = owner_text(::getpid()) + "\n";
  EXPECT_EQ(text.substr(0, first_line.size()), first_line);
  EXPECT_EQ(text.size(), first_line.size() + 33);
  lock.require_ownership();
}

TEST_F(RunLockTest, HasATokenOfItsOwnEachTime) {
  std::string first;
  {
    const RunLock lock(file_, seconds{0});
    first = text_in(file_);
  }
  EXPECT_EQ(text_in(file_), "");
  const RunLock lock(file_, seconds{0});
  EXPECT_NE(text_in(file_), first);
}

TEST_F(RunLockTest, RefusesASecondOneInTheSameProcess) {
  const RunLock lock(file_, seconds{0});
  const std::string text = text_in(file_);
  const std::size_t open_before = open_files();
  EXPECT_EQ(failure_to_lock(), in_use_by(directory_, owner_text(::getpid())));
  EXPECT_EQ(text_in(file_), text);
  EXPECT_EQ(open_files(), open_before);
  lock.require_ownership();
}

TEST_F(RunLockTest, IsFreeWhenItsOwnerIsGone) {
  { const RunLock lock(file_, seconds{0}); }
  EXPECT_EQ(failure_to_lock(), "no failure");
}

TEST_F(RunLockTest, IsSeenByOthersWithoutBeingTouched) {
  EXPECT_EQ(look_at_lock(file_).holder, LockSight::Holder::kNobody);
  EXPECT_FALSE(std::filesystem::exists(file_));
  {
    const RunLock lock(file_, seconds{0});
    const std::string text = text_in(file_);
    const LockSight sight = look_at_lock(file_);
    EXPECT_EQ(sight.holder, LockSight::Holder::kSomebody);
    EXPECT_EQ(sight.owner, owner_text(::getpid()));
    EXPECT_TRUE(sight.is_of_this_host);
    EXPECT_EQ(text_in(file_), text);
    EXPECT_NE(failure_to_lock(), "no failure");
    lock.require_ownership();
  }
  const LockSight sight = look_at_lock(file_);
  EXPECT_EQ(sight.holder, LockSight::Holder::kNobody);
  EXPECT_EQ(sight.owner, "");
}

TEST_F(RunLockTest, ShowsAnOwnerOnAnotherHost) {
  put(file_, "host elsewhere, process 7\n0123\n");
  const LockSight sight = look_at_lock(file_);
  EXPECT_EQ(sight.owner, "host elsewhere, process 7");
  EXPECT_FALSE(sight.is_of_this_host);
}

TEST_F(RunLockTest, OfAKilledOwnerIsFreeAndStillHasItsName) {
  OtherProcess other([&] {
    static const RunLock lock(file_, seconds{0});
    return std::string("locked");
  });
  EXPECT_EQ(other.report(), "locked");
  EXPECT_EQ(look_at_lock(file_).holder, LockSight::Holder::kSomebody);
  const std::string owner = owner_text(other.id());
  other.kill();
  const LockSight sight = look_at_lock(file_);
  EXPECT_EQ(sight.holder, LockSight::Holder::kNobody);
  EXPECT_EQ(sight.owner, owner);
}

TEST_F(RunLockTest, IsUnknownWhereThereIsNoFileThatCanBeRead) {
  put(file_, std::string(5000, 'x'));
  EXPECT_EQ(look_at_lock(file_).holder, LockSight::Holder::kUnknown);
  std::filesystem::remove(file_);
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  EXPECT_EQ(look_at_lock(file_).holder, LockSight::Holder::kUnknown);
}

TEST_F(RunLockTest, RefusesAnotherProcessAndNamesTheOwner) {
  ::setenv("SLURM_JOB_ID", "4711", 1);
  const RunLock lock(file_, seconds{0});
  const OtherProcess other([&] { return failure_to_lock(); });
  EXPECT_EQ(other.report(), in_use_by(directory_, owner_text(::getpid()) + ", job 4711"));
}

TEST_F(RunLockTest, IsFreeAtOnceWhenItsOwnerIsKilled) {
  OtherProcess other([&] {
    static const RunLock lock(file_, seconds{0});
    return std::string("locked");
  });
  EXPECT_EQ(other.report(), "locked");
  EXPECT_EQ(failure_to_lock(), in_use_by(directory_, owner_text(other.id())));
  other.kill();
  EXPECT_EQ(failure_to_lock(), "no failure");
}

TEST_F(RunLockTest, WaitsForItsHolderToEnd) {
  OtherProcess other([&] {
    static const RunLock lock(file_, seconds{0});
    return std::string("locked");
  });
  ASSERT_EQ(other.report(), "locked");
  const auto start = std::chrono::steady_clock::now();
  const std::jthread killer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    other.kill();
  });
  const RunLock lock(file_, seconds{60});
  EXPECT_GE(seconds_since(start), 0.5);
  EXPECT_LE(seconds_since(start), 30.0);
}

TEST_F(RunLockTest, GivesUpWhenItsPatienceEnds) {
  const RunLock lock(file_, seconds{0});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(failure_to_lock(seconds{1}), in_use_by(directory_, owner_text(::getpid())));
  EXPECT_GE(seconds_since(start), 1.0);
  EXPECT_LE(seconds_since(start), 60.0);
}

TEST_F(RunLockTest, NamesNobodyIfTheFileDoesNot) {
  const RunLock lock(file_, seconds{0});
  put(file_, "");
  EXPECT_EQ(failure_to_lock(), in_use_by(directory_, "another run"));
  put(file_, std::string(5'000, 'x'));
  EXPECT_EQ(failure_to_lock(), in_use_by(directory_, "another run"));
}

TEST_F(RunLockTest, NoticesThatAnotherRunHasTakenOver) {
  const RunLock lock(file_, seconds{0});
  put(file_, "host n2, process 7\n0123456789abcdef0123456789abcdef\n");
  EXPECT_EQ(failure_of([&] { lock.require_ownership(); }),
            taken_over_by(directory_, "host n2, process 7"));
  put(file_, "host \x1b[2K, process 7\n0123456789abcdef0123456789abcdef\n");
  EXPECT_EQ(failure_of([&] { lock.require_ownership(); }),
            taken_over_by(directory_, "host \\x1B[2K, process 7"));
  put(file_, "");  // and has ended
  EXPECT_EQ(failure_of([&] { lock.require_ownership(); }),
            taken_over_by(directory_, "another run"));
}

// Two runs wrote their texts at once where there are no locks: the shorter one came last.
TEST_F(RunLockTest, KnowsItsTokenOnlyInItsPlace) {
  const RunLock lock(file_, seconds{0});
  const std::string own = text_in(file_);
  const std::string theirs = "host n, process 7\n0123456789abcdef0123456789abcdef\n";
  put(file_, theirs + own);
  EXPECT_EQ(failure_of([&] { lock.require_ownership(); }),
            taken_over_by(directory_, "host n, process 7"));
  put(file_, own + theirs.substr(theirs.size() / 2));
  lock.require_ownership();
}

TEST_F(RunLockTest, LeavesWhatTheNewOwnerHasWritten) {
  const std::string theirs = "host n2, process 7\n0123456789abcdef0123456789abcdef\n";
  {
    const RunLock lock(file_, seconds{0});
    put(file_, theirs);
  }
  EXPECT_EQ(text_in(file_), theirs);
}

TEST_F(RunLockTest, BearsTheLossOfItsFileUntilAnotherRunMakesOne) {
  const RunLock lock(file_, seconds{0});
  std::filesystem::remove(file_);
  lock.require_ownership();
  const RunLock other(file_, seconds{0});
  EXPECT_EQ(failure_of([&] { lock.require_ownership(); }),
            taken_over_by(directory_, owner_text(::getpid())));
  other.require_ownership();
}

TEST_F(RunLockTest, SaysSoIfItsFileCannotBeWritten) {
  const std::size_t open_before = open_files();
  std::filesystem::create_directory(file_);
  EXPECT_EQ(failure_to_lock(), "exit 2: " + file_.string() +
                                   ": cannot be written: Is a directory; choose another --run-dir");
  const auto missing = directory_.path() / "none" / "run.lock";
  EXPECT_EQ(failure_of([&] { const RunLock lock(missing, seconds{0}); }),
            "exit 2: " + missing.string() +
                ": cannot be written: No such file or directory; choose another --run-dir");
  EXPECT_EQ(open_files(), open_before);
}

// Whoever may write into the directory may have put them there.
TEST_F(RunLockTest, ChangesNoFileThroughALink) {
  const auto victim = directory_.write("victim", "precious");
  const auto refused_for = [&](const std::string& problem) {
    EXPECT_EQ(failure_to_lock(), "exit 2: " + file_.string() + ": cannot be written: " + problem +
                                     "; choose another --run-dir");
    EXPECT_EQ(text_in(victim), "precious");
    std::filesystem::remove(file_);
  };
  std::filesystem::create_symlink(victim, file_);
  refused_for("it is a symbolic link, which is not followed");
  std::filesystem::create_symlink(directory_.path() / "none", file_);
  refused_for("it is a symbolic link, which is not followed");
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "none"));
  std::filesystem::create_hard_link(victim, file_);
  refused_for("it has other names, too (hard links)");
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  refused_for("it is not a regular file");
}

TEST_F(RunLockTest, CanBeReadByItsOwnerAlone) {
  const auto mode = [&] { return std::filesystem::status(file_).permissions(); };
  const mode_t before = ::umask(0);
  { const RunLock lock(file_, seconds{0}); }
  ::umask(before);
  EXPECT_EQ(mode(), std::filesystem::perms{0600});
  std::filesystem::permissions(file_, std::filesystem::perms{0644});  // of an earlier version
  { const RunLock lock(file_, seconds{0}); }
  EXPECT_EQ(mode(), std::filesystem::perms{0600});
}

TEST_F(RunLockTest, TellsAReaderThatHoldsItFromARun) {
  put(file_, "");
  const OtherProcess reader([&] {
    const int descriptor = ::open(file_.c_str(), O_RDONLY);
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    return std::string(::fcntl(descriptor, F_OFD_SETLK, &lock) == 0 ? "locked" : "not locked");
  });
  ASSERT_EQ(reader.report(), "locked");
  EXPECT_EQ(failure_to_lock(),
            "exit 3: " + file_.string() +
                ": locked by a program that only reads it, which no run of Tally does; end that "
                "program, or remove the file if no run uses this directory");
  std::filesystem::remove(file_);
  EXPECT_EQ(failure_to_lock(), "no failure");
}

TEST_F(RunLockTest, SaysSoIfTheDiskIsFull) {
  const SmallFileSystem disk(directory_.path() / "disk", 16'384);
  if (!disk.why_not().empty()) GTEST_SKIP() << disk.why_not();
  const std::filesystem::path file = directory_.path() / "disk" / "run.lock";
  put(file.string() + ".ballast", std::string(20'000, 'x'));
  const std::size_t open_before = open_files();
  EXPECT_EQ(failure_of([&] { const RunLock lock(file, seconds{0}); }),
            "exit 2: " + file.string() +
                ": cannot be written: No space left on device; choose another --run-dir");
  EXPECT_EQ(open_files(), open_before);
}

// Lets this process live on a file system without locks, by a filter of its system calls.
void take_away_locks() {
  std::array<sock_filter, 6> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[1])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, F_OFD_SETLK, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOLCK),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{program.size(), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    throw std::runtime_error("cannot filter system calls");
  }
}

TEST_F(RunLockTest, IsGuardedByItsTokenWhereThereAreNoLocks) {
  const OtherProcess other([&] {
    take_away_locks();
    auto first = std::make_unique<RunLock>(file_, seconds{0});
    std::string report = first->warning() + "\n";
    const RunLock second(file_, seconds{0});
    report += failure_of([&] { first->require_ownership(); }) + "\n";
    first.reset();
    report += failure_of([&] { second.require_ownership(); });
    return report;
  });
  if (other.report() == "cannot filter system calls") GTEST_SKIP() << other.report();
  EXPECT_EQ(other.report(),
            directory_.string() +
                ": this file system has no locks; see to it that no two runs use this directory at "
                "the same time\n" +
                taken_over_by(directory_, owner_text(other.id())) + "\nno failure");
}

}  // namespace
}  // namespace tally
