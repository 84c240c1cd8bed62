// SPDX-License-Identifier: MIT
#include "holding_directory.hpp"

#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system_call.hpp"
#include "temporary_file.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

// 0 or an error number.
int rename_file(const fs::path& from, const fs::path& to) {
  const auto rename = [&] { return ::rename(from.c_str(), to.c_str()); };
  return uninterrupted(rename) == 0 ? 0 : errno;
}

class HoldingDirectory {
 public:
  explicit HoldingDirectory(const fs::path& target)
      : path_(temporary_name(target)),
        is_there_(uninterrupted([&] { return ::mkdir(path_.c_str(), 0777); }) == 0) {}
  ~HoldingDirectory() {
    if (is_there_) remove_holding_directory(path_);
  }
  HoldingDirectory(const HoldingDirectory&) = delete;
  HoldingDirectory& operator=(const HoldingDirectory&) = delete;

  // On a full disk there may be no room for it, and all the more reason to remove something.
  [[nodiscard]] bool is_there() const { return is_there_; }

  [[nodiscard]] fs::path place_of(const fs::path& path) const { return path_ / path.filename(); }

 private:
  fs::path path_;
  bool is_there_;
};

}  // namespace

bool remove_as_owner(const fs::path& path, const std::function<void()>& check) {
  const HoldingDirectory holding(path);
  check();
  if (!holding.is_there()) return uninterrupted([&] { return ::unlink(path.c_str()); }) == 0;
  return rename_file(path, holding.place_of(path)) == 0;
}

std::error_code move_as_owner(const fs::path& path, const fs::path& target,
                              const std::function<void()>& check) {
  const HoldingDirectory holding(path);
  check();
  int error_number = 0;
  if (!holding.is_there()) {
    error_number = rename_file(path, target);
  } else {
    error_number = rename_file(path, holding.place_of(path));
    if (error_number == 0) error_number = rename_file(holding.place_of(path), target);
  }
  return {error_number, std::generic_category()};
}

// It holds one file, of one name: what else somebody has put there stays, and the directory with
// it. A neighbour may put a link to another directory in its place at any moment, so that only a
// descriptor says what is emptied.
void remove_holding_directory(const fs::path& path) {
  constexpr int kAttempts = 100;
  const std::string name = path.filename().string();
  const std::string held(target_of(name));
  for (int i = 0; i < kAttempts; ++i) {
    const int directory = open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (directory >= 0) {
      ::unlinkat(directory, held.c_str(), 0);
      ::close(directory);
    }
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return;
  }
}

}  // namespace tally
