// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally {

/// A file system of a few pages in memory, mounted for this process only while it lives. Only root
/// may do that: where it fails, why_not() has the reason to skip the test.
class SmallFileSystem {
 public:
  SmallFileSystem(const std::filesystem::path& path, std::size_t bytes) : path_(path) {
    std::filesystem::create_directories(path);
    const std::string options = "size=" + std::to_string(bytes);
    is_mounted_ = ::unshare(CLONE_NEWNS) == 0 &&
                  ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                  ::mount("tmpfs", path.c_str(), "tmpfs", 0, options.c_str()) == 0;
    if (!is_mounted_) why_not_ = std::string("cannot mount a small tmpfs: ") + std::strerror(errno);
  }
  ~SmallFileSystem() {
    if (is_mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallFileSystem(const SmallFileSystem&) = delete;
  SmallFileSystem& operator=(const SmallFileSystem&) = delete;

  [[nodiscard]] const std::string& why_not() const { return why_not_; }

 private:
  std::filesystem::path path_;
  bool is_mounted_ = false;
  std::string why_not_;
};

/// Takes the rights of root away from this process while it lives, if it has them.
class WithoutRights {
 public:
  WithoutRights() : user_(::geteuid()) {
    if (user_ == 0 && ::seteuid(kNobody) != 0) throw std::runtime_error("seteuid failed");
  }
  ~WithoutRights() {
    if (user_ == 0 && ::seteuid(user_) != 0) std::abort();
  }
  WithoutRights(const WithoutRights&) = delete;
  WithoutRights& operator=(const WithoutRights&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;
  uid_t user_;
};

/// Another process: runs `work`, reports the text it returns or throws, and then waits to be
/// killed.
class OtherProcess {
 public:
  template <typename Work>
  explicit OtherProcess(Work&& work) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw std::runtime_error("pipe failed");
    id_ = ::fork();
    if (id_ < 0) throw std::runtime_error("fork failed");
    if (id_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // should the test end without killing it
      const std::string report = report_of(work) + '\0';
      if (::write(pipe[1], report.data(), report.size()) < 0) ::_exit(1);
      for (;;) ::pause();
    }
    ::close(pipe[1]);
    for (char character = 0; ::read(pipe[0], &character, 1) == 1 && character != '\0';) {
      report_ += character;
    }
    ::close(pipe[0]);
  }
  ~OtherProcess() { kill(); }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  [[nodiscard]] pid_t id() const { return id_; }
  [[nodiscard]] const std::string& report() const { return report_; }

  void kill() {
    if (id_ <= 0) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
    id_ = -1;
  }

 private:
  // Nothing may be thrown out of the other process: it would go on with the next test.
  template <typename Work>
  static std::string report_of(Work&& work) {
    try {
      return work();
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  pid_t id_ = -1;
  std::string report_;
};

}  // namespace tally
