// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <utility>

#include <sys/types.h>

// What of a directory tree would be found after a power failure: the contents of a file as of its
// last fsync, the names in a directory as of the directory's last fsync. What is there at the start
// counts as synced.
namespace tally {

/// What a power failure does with that which was never synced.
enum class PowerLoss {
  kAll,    ///< data and names are lost
  kData,   ///< names survive, data reads as zeros
  kNames,  ///< data and new names are lost, removed names stay removed
};

class DurableFiles {
 public:
  explicit DurableFiles(std::string root);

  /// A new file has no durable contents, even if it has the number of an older one.
  void created(int descriptor);
  void synced(int descriptor, const std::string& path);

  /// Leaves the tree as a power failure would, now.
  void lose(PowerLoss loss);

 private:
  using FileId = std::pair<dev_t, ino_t>;
  struct Entry {
    FileId id;
    bool is_directory = false;
  };
  using Entries = std::map<std::string, Entry>;

  static Entries entries_of(const std::string& directory);
  void remember(const std::string& directory);
  void restore(const std::string& directory, PowerLoss loss);
  void restore_file(const std::string& path, FileId id, PowerLoss loss);

  std::string root_;
  std::map<FileId, std::string> contents_;
  std::map<std::string, Entries> names_;
};

}  // namespace tally
