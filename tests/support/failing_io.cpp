// SPDX-License-Identifier: MIT
// To be preloaded: counts the calls by which a program opens, reads, writes, syncs, names and
// removes files below a directory, and lets one of them fail, or ends the program there.
//
//   TALLY_FAULT_DIRECTORY  absolute path; calls on it and on what is below are counted from 1
//   TALLY_FAULT_LOG        gets one line per counted call: "<number> <call> <path>"
//   TALLY_FAULT_CALL       the number of the call at which the fault happens
//   TALLY_FAULT_KIND       enospc, eio, eintr: it fails with that error
//                          enospc-from, eio-from: so do all that follow (enospc: if they need room)
//                          short: a write writes half
//                          lost-reply: it is made, and says that it was interrupted
//                          kill-before, kill-after: SIGKILL
//                          stop: SIGSTOP, before it
//                          lose-all, lose-data, lose-names: a power failure, before it
//   TALLY_FAULT_WITHOUT    "locks", "links", "links renames": what the file system does not have
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "durable_files.hpp"

namespace {

// Calls that this library makes itself are not counted.
thread_local bool is_inside = false;
class Inside {
 public:
  Inside() { is_inside = true; }
  ~Inside() { is_inside = before_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  bool before_ = is_inside;
};

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool has_word(const std::string& words, const std::string& word) {
  return (" " + words + " ").find(" " + word + " ") != std::string::npos;
}

class Faults {
 public:
  Faults() {
    if (directory_.empty()) return;
    const Inside inside;
    if (kind_.starts_with("lose-")) durable_ = std::make_unique<tally::DurableFiles>(directory_);
    if (!log_path_.empty()) log_ = ::open(log_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  }

  bool is_watched(const std::string& path) const {
    return !directory_.empty() && path.starts_with(directory_) &&
           (path.size() == directory_.size() || path[directory_.size()] == '/');
  }
  bool is_watched(int descriptor) const {
    return is_valid(descriptor) && watched_[static_cast<std::size_t>(descriptor)];
  }
  bool lacks(const std::string& feature) const { return has_word(without_, feature); }

  const std::string& path_of(int descriptor) const {
    return paths_[static_cast<std::size_t>(descriptor)];
  }
  void watch(int descriptor, const std::string& path) {
    if (!is_valid(descriptor)) return;
    paths_[static_cast<std::size_t>(descriptor)] = path;
    watched_[static_cast<std::size_t>(descriptor)] = true;
  }
  void forget(int descriptor) {
    if (is_valid(descriptor)) watched_[static_cast<std::size_t>(descriptor)] = false;
  }

  void created(int descriptor) {
    if (durable_) durable_->created(descriptor);
  }
  void synced(int descriptor) {
    if (durable_) durable_->synced(descriptor, path_of(descriptor));
  }

  struct Verdict {
    int error = 0;  // of the call, which is not made then
    bool is_short = false;
    bool is_last = false;  // the program ends after it
    bool is_answered = true;
  };
  Verdict enter(const char* call, const std::string& path, bool needs_room) {
    const Inside inside;
    const long number = ++calls_;
    if (log_ >= 0) {
      const std::string line = std::to_string(number) + " " + call + " " + path + "\n";
      if (::write(log_, line.data(), line.size()) < 0) std::abort();
    }
    if (call_ == 0 || number < call_) return {};
    if (kind_ == "enospc-from") return {needs_room ? ENOSPC : 0};
    if (kind_ == "eio-from") return {EIO};
    return number == call_ ? now() : Verdict{};
  }

  std::mutex& mutex() { return mutex_; }

 private:
  static bool is_valid(int descriptor) {
    return descriptor >= 0 && static_cast<std::size_t>(descriptor) < kDescriptors;
  }

  Verdict now() {
    if (kind_ == "enospc") return {ENOSPC};
    if (kind_ == "eio") return {EIO};
    if (kind_ == "eintr") return {EINTR};
    if (kind_ == "short") return {0, true};
    if (kind_ == "lost-reply") return {0, false, false, false};
    if (kind_ == "kill-after") return {0, false, true};
    if (kind_ == "stop") std::raise(SIGSTOP);
    if (kind_ == "lose-all") durable_->lose(tally::PowerLoss::kAll);
    if (kind_ == "lose-data") durable_->lose(tally::PowerLoss::kData);
    if (kind_ == "lose-names") durable_->lose(tally::PowerLoss::kNames);
    if (kind_ != "stop") ::kill(::getpid(), SIGKILL);
    return {};
  }

  static constexpr std::size_t kDescriptors = 4096;
  const std::string directory_ = environment("TALLY_FAULT_DIRECTORY");
  const std::string kind_ = environment("TALLY_FAULT_KIND");
  const std::string without_ = environment("TALLY_FAULT_WITHOUT");
  const std::string log_path_ = environment("TALLY_FAULT_LOG");
  const long call_ = std::atol(environment("TALLY_FAULT_CALL").c_str());
  std::array<std::string, kDescriptors> paths_;
  std::array<std::atomic<bool>, kDescriptors> watched_{};
  std::unique_ptr<tally::DurableFiles> durable_;
  std::mutex mutex_;
  int log_ = -1;
  long calls_ = 0;
};

// Never destroyed: files are closed until the very end. Nothing is read from the disk before main
// is near: other libraries open files while they are being loaded.
Faults& faults() {
  static Faults* const all = [] {
    const Inside inside;
    return new Faults;
  }();
  return *all;
}

template <typename File>
bool is_counted(const File& file) {
  return !is_inside && faults().is_watched(file);
}

enum class Room { kNeeded, kNotNeeded };

// Makes the call, or lets it fail. A call that fails has no effect.
template <typename Result, typename Call>
Result counted(const char* name, const std::string& path, Room room, Call&& call) {
  const std::lock_guard lock(faults().mutex());
  const Faults::Verdict verdict = faults().enter(name, path, room == Room::kNeeded);
  if (verdict.error != 0) {
    errno = verdict.error;
    return static_cast<Result>(-1);
  }
  const Result result = call(verdict.is_short);
  if (verdict.is_last) ::kill(::getpid(), SIGKILL);
  if (verdict.is_answered) return result;
  errno = EINTR;
  return static_cast<Result>(-1);
}

mode_t mode_of(int flags, va_list& rest) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

int open_counted(const char* symbol, const char* path, int flags, mode_t mode) {
  const auto real = next<int(const char*, int, ...)>(symbol);
  if (!is_counted(std::string(path))) return real(path, flags, mode);
  const bool is_new = (flags & O_CREAT) != 0 && ::access(path, F_OK) != 0;
  return counted<int>("open", path, is_new ? Room::kNeeded : Room::kNotNeeded, [&](bool) {
    const int descriptor = real(path, flags, mode);
    if (descriptor < 0) return descriptor;
    faults().watch(descriptor, path);
    const Inside inside;
    if (is_new) faults().created(descriptor);
    return descriptor;
  });
}

// Of the directories of open files only the current one matters: who walks a tree below another one
// removes it, or copies it.
int openat_counted(const char* symbol, int directory, const char* path, int flags, mode_t mode) {
  if (directory == AT_FDCWD || path[0] == '/') {
    return open_counted(std::string_view(symbol) == "openat64" ? "open64" : "open", path, flags,
                        mode);
  }
  return next<int(int, const char*, int, ...)>(symbol)(directory, path, flags, mode);
}

template <typename Bytes, typename... Rest>
ssize_t write_counted(const char* symbol, int descriptor, Bytes bytes, std::size_t count,
                      Rest... rest) {
  const auto real = next<ssize_t(int, Bytes, std::size_t, Rest...)>(symbol);
  if (!is_counted(descriptor)) return real(descriptor, bytes, count, rest...);
  const char* name = std::is_same_v<Bytes, void*> ? "read" : "write";
  const Room room = std::is_same_v<Bytes, void*> ? Room::kNotNeeded : Room::kNeeded;
  return counted<ssize_t>(name, faults().path_of(descriptor), room, [&](bool is_short) {
    return real(descriptor, bytes, is_short ? (count + 1) / 2 : count, rest...);
  });
}

int fsync_counted(const char* symbol, int descriptor) {
  const auto real = next<int(int)>(symbol);
  if (!is_counted(descriptor)) return real(descriptor);
  return counted<int>("fsync", faults().path_of(descriptor), Room::kNeeded, [&](bool) {
    const int result = real(descriptor);
    const Inside inside;
    if (result == 0) faults().synced(descriptor);
    return result;
  });
}

template <typename Call>
int named(const char* name, const char* path, Room room, Call&& call) {
  if (!is_counted(std::string(path))) return call();
  return counted<int>(name, path, room, [&](bool) { return call(); });
}

int fcntl_or_no_lock(const char* symbol, int descriptor, int command, void* argument) {
  if (command == F_OFD_SETLK && is_counted(descriptor) && faults().lacks("locks")) {
    errno = ENOLCK;
    return -1;
  }
  return next<int(int, int, ...)>(symbol)(descriptor, command, argument);
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_counted("open", path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_counted("open64", path, flags, mode);
}
int openat(int directory, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return openat_counted("openat", directory, path, flags, mode);
}
int openat64(int directory, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return openat_counted("openat64", directory, path, flags, mode);
}
int dup(int descriptor) noexcept {
  const int copy = next<int(int)>("dup")(descriptor);
  if (is_counted(descriptor)) faults().watch(copy, faults().path_of(descriptor));
  return copy;
}

ssize_t read(int descriptor, void* bytes, std::size_t count) {
  return write_counted("read", descriptor, bytes, count);
}
ssize_t write(int descriptor, const void* bytes, std::size_t count) {
  return write_counted("write", descriptor, bytes, count);
}
ssize_t pwrite(int descriptor, const void* bytes, std::size_t count, off_t offset) {
  return write_counted("pwrite", descriptor, bytes, count, offset);
}
ssize_t pwrite64(int descriptor, const void* bytes, std::size_t count, off64_t offset) {
  return write_counted("pwrite64", descriptor, bytes, count, offset);
}
int fsync(int descriptor) {
  return fsync_counted("fsync", descriptor);
}
int fdatasync(int descriptor) {
  return fsync_counted("fdatasync", descriptor);
}
int ftruncate(int descriptor, off_t size) noexcept {
  const auto real = next<int(int, off_t)>("ftruncate");
  if (!is_counted(descriptor)) return real(descriptor, size);
  return counted<int>("ftruncate", faults().path_of(descriptor), Room::kNotNeeded,
                      [&](bool) { return real(descriptor, size); });
}

// On Linux a close that fails has closed the file all the same.
int close(int descriptor) {
  const auto real = next<int(int)>("close");
  if (!is_counted(descriptor)) {
    if (!is_inside) faults().forget(descriptor);
    return real(descriptor);
  }
  const std::string path = faults().path_of(descriptor);
  faults().forget(descriptor);
  bool is_closed = false;
  const int result = counted<int>("close", path, Room::kNotNeeded, [&](bool) {
    is_closed = true;
    return real(descriptor);
  });
  if (is_closed) return result;
  const int error_number = errno;
  real(descriptor);
  errno = error_number;
  return result;
}

int closedir(DIR* directory) {
  if (!is_inside) faults().forget(::dirfd(directory));
  return next<int(DIR*)>("closedir")(directory);
}

int link(const char* from, const char* to) noexcept {
  return named("link", to, Room::kNeeded, [&] {
    if (!is_inside && faults().lacks("links")) {
      errno = EPERM;
      return -1;
    }
    return next<int(const char*, const char*)>("link")(from, to);
  });
}
int rename(const char* from, const char* to) noexcept {
  return named("rename", to, Room::kNeeded,
               [&] { return next<int(const char*, const char*)>("rename")(from, to); });
}
int renameat2(int from_directory, const char* from, int to_directory, const char* to,
              unsigned flags) noexcept {
  return named("rename", to, Room::kNeeded, [&] {
    if (!is_inside && faults().lacks("renames")) {
      errno = EINVAL;
      return -1;
    }
    return next<int(int, const char*, int, const char*, unsigned)>("renameat2")(
        from_directory, from, to_directory, to, flags);
  });
}
int unlink(const char* path) noexcept {
  return named("unlink", path, Room::kNotNeeded,
               [&] { return next<int(const char*)>("unlink")(path); });
}
int remove(const char* path) noexcept {
  return named("unlink", path, Room::kNotNeeded,
               [&] { return next<int(const char*)>("remove")(path); });
}
int rmdir(const char* path) noexcept {
  return named("unlink", path, Room::kNotNeeded,
               [&] { return next<int(const char*)>("rmdir")(path); });
}
int mkdir(const char* path, mode_t mode) noexcept {
  return named("mkdir", path, Room::kNeeded,
               [&] { return next<int(const char*, mode_t)>("mkdir")(path, mode); });
}

int fcntl(int descriptor, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  return fcntl_or_no_lock("fcntl", descriptor, command, argument);
}
int fcntl64(int descriptor, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  return fcntl_or_no_lock("fcntl64", descriptor, command, argument);
}
}
