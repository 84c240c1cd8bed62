// SPDX-License-Identifier: MIT
#include "tally/io/run_lock.hpp"

#include <array>
#include <cstdlib>
#include <optional>
#include <random>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system_call.hpp"
#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/io/posix_file.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxOwnerBytes = 4096;
constexpr unsigned kOwnerOnly = 0600;

std::string random_token() {
  std::random_device source;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", source(), source(), source(), source());
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string job_text() {
  const char* job = std::getenv("SLURM_JOB_ID");
  return job == nullptr ? "" : fmt::format(", job {}", printable(job));
}

std::string owner_prefix() {
  return fmt::format("host {}, ", host_name());
}

// The file is "<owner, for people>\n<token>\n".
std::string text_of(const fs::path& path) {
  const auto bytes = read_unlinked_file(path, kMaxOwnerBytes);
  return std::string(text_view(bytes));
}

std::string owner_in(const fs::path& path) {
  try {
    const std::string text = text_of(path);
    const std::string owner = text.substr(0, text.find('\n'));
    if (!owner.empty()) return printable(owner);
  } catch (const Error&) {  // that there is another run matters more than which
  }
  return "another run";
}

[[noreturn]] void fail_to_write(const fs::path& path, const std::string& problem) {
  fail(ExitCode::kUsage, "{}: cannot be written: {}; choose another --run-dir", path.string(),
       problem);
}

enum class Attempt { kTaken, kBusy, kUnsupported };

Attempt try_lock(int descriptor) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (uninterrupted([&] { return ::fcntl(descriptor, F_OFD_SETLK, &lock); }) == 0) {
    return Attempt::kTaken;
  }
  return errno == EAGAIN || errno == EACCES ? Attempt::kBusy : Attempt::kUnsupported;
}

// Whose lock is in the way of one for writing, asked without taking it: F_WRLCK of a run, F_RDLCK
// of a program that only reads, F_UNLCK of nobody's. Nothing if the file system cannot tell.
std::optional<short> lock_in_the_way(int descriptor) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (uninterrupted([&] { return ::fcntl(descriptor, F_OFD_GETLK, &lock); }) != 0) return {};
  return lock.l_type;
}

LockSight::Holder holder_of(const FileDescriptor& file) {
  const std::optional<short> lock = lock_in_the_way(file.get());
  if (!lock) return LockSight::Holder::kUnknown;
  return *lock == F_WRLCK ? LockSight::Holder::kSomebody : LockSight::Holder::kNobody;
}

}  // namespace

// Whoever may read a file may lock it against its writer for ever: only its owner may read this
// one, though earlier versions let all.
RunLock::RunLock(fs::path path) : path_(std::move(path)), token_(random_token()) {
  const WritableFile file = open_writable(path_, O_RDWR, kOwnerOnly);
  if (file.descriptor < 0) fail_to_write(path_, file.problem);
  descriptor_ = file.descriptor;
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && (status.st_mode & 07777) != kOwnerOnly) {
    [[maybe_unused]] const int narrowed = ::fchmod(descriptor_, kOwnerOnly);
  }
}

// From here on the destructor closes the file, whatever this throws.
RunLock::RunLock(fs::path path, std::chrono::seconds patience) : RunLock(std::move(path)) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  Attempt attempt = try_lock(descriptor_);
  while (attempt == Attempt::kBusy && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    attempt = try_lock(descriptor_);
  }
  if (attempt == Attempt::kBusy && lock_in_the_way(descriptor_) == F_RDLCK) {
    fail(
        ExitCode::kInUse,
        "{}: locked by a program that only reads it, which no run of Tally does; end that program, "
        "or remove the file if no run uses this directory",
        path_.string());
  }
  if (attempt == Attempt::kBusy) {
    fail(ExitCode::kInUse, "{}: in use by {}; wait for it to end, or choose another --run-dir",
         path_.parent_path().string(), owner_in(path_));
  }
  if (attempt == Attempt::kUnsupported) {
    warning_ = fmt::format(
        "{}: this file system has no locks; see to it that no two runs use this "
        "directory at the same time",
        path_.parent_path().string());
  }
  write_owner();
}

RunLock::~RunLock() {
  // The file stays: removing it would let a third run lock another file of the same name. Where
  // there are no locks, another run may be writing its token at this moment. A process that ends
  // without this has its lock taken by the kernel.
  try {
    const bool is_ours = warning_.empty() && is_owner();
    [[maybe_unused]] const int emptied = is_ours ? ::ftruncate(descriptor_, 0) : 0;
  } catch (const std::exception&) {
  }
  ::close(descriptor_);
}

void RunLock::write_owner() const {
  const std::string owner =
      fmt::format("{}process {}{}\n{}\n", owner_prefix(), ::getpid(), job_text(), token_);
  const bool is_written = uninterrupted([&] { return ::ftruncate(descriptor_, 0); }) == 0 &&
                          write_whole(descriptor_, std::as_bytes(std::span(owner))) == 0;
  if (!is_written) fail_to_write(path_, system_error_text(errno));
}

bool RunLock::is_owner() const {
  std::error_code error;
  if (fs::status(path_, error).type() == fs::file_type::not_found) return true;
  // The whole second line: behind it there may be the end of a longer text, of a run that was
  // writing at the same time.
  const std::string text = text_of(path_);
  const std::size_t end = text.find('\n');
  return end != std::string::npos && text.compare(end + 1, token_.size() + 1, token_ + "\n") == 0;
}

void RunLock::require_ownership() const {
  if (is_owner()) return;
  fail(ExitCode::kInUse, "{}: taken over by {}; this run stops without writing to it",
       path_.parent_path().string(), owner_in(path_));
}

LockSight look_at_lock(const fs::path& path) {
  LockSight sight;
  std::error_code error;
  if (fs::status(path, error).type() == fs::file_type::not_found) return sight;
  try {
    const std::string text = text_of(path);
    sight.owner = text.substr(0, text.find('\n'));
    sight.is_of_this_host = sight.owner.starts_with(owner_prefix());
    sight.holder = holder_of({open_file(path, O_RDONLY | O_NONBLOCK), path, "open"});
  } catch (const Error&) {
    sight.holder = LockSight::Holder::kUnknown;
  }
  return sight;
}

}  // namespace tally
