// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

// Makes a run directory belong to one live run. The lock is the kernel's: it ends with the process
// that holds it, however that ends. The lock file names its owner and carries a random token, which
// tells an owner that slept through the loss of its lock (on file systems without locks) that
// another run has taken over. It is a regular file that only its owner may read: no other user can
// lock it, or have Tally write to another file through it.
namespace tally {

class RunLock {
 public:
  /// Takes the lock, waiting up to `patience` for its holder to end. Throws an Error
  /// (ExitCode::kInUse) that names the holder by host, process and SLURM job, or says that it is no
  /// run.
  RunLock(std::filesystem::path path, std::chrono::seconds patience);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  /// Throws an Error (ExitCode::kInUse) if another run has written its token since. A lock file
  /// that somebody has removed is nobody's token.
  void require_ownership() const;

  /// Not empty if the file system has no locks, so that only the token protects the directory.
  [[nodiscard]] const std::string& warning() const { return warning_; }

 private:
  explicit RunLock(std::filesystem::path path);  // only opens the file
  [[nodiscard]] bool is_owner() const;
  void write_owner() const;

  std::filesystem::path path_;
  std::string token_;
  int descriptor_ = -1;
  std::string warning_;
};

/// What anybody sees of a lock, without taking it.
struct LockSight {
  enum class Holder { kNobody, kSomebody, kUnknown };
  Holder holder = Holder::kNobody;
  std::string owner;             ///< as it has named itself; empty if it has ended in good order
  bool is_of_this_host = false;  ///< whether that names this host
};

/// Looks at the lock file of a run, which need not be there. Unknown: the file cannot be read, or
/// its file system has no locks. Where other hosts do not see locks, there is nobody.
LockSight look_at_lock(const std::filesystem::path& path);

}  // namespace tally
