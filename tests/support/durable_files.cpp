// SPDX-License-Identifier: MIT
#include "durable_files.hpp"

#include <filesystem>

#include <sys/stat.h>

#include "text_in.hpp"

namespace tally {
namespace fs = std::filesystem;

DurableFiles::DurableFiles(std::string root) : root_(std::move(root)) {
  remember(root_);
}

DurableFiles::Entries DurableFiles::entries_of(const std::string& directory) {
  Entries entries;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) != 0) continue;
    entries[entry.path().filename().string()] = {{status.st_dev, status.st_ino},
                                                 S_ISDIR(status.st_mode)};
  }
  return entries;
}

void DurableFiles::remember(const std::string& directory) {
  const Entries entries = entries_of(directory);
  names_[directory] = entries;
  for (const auto& [name, entry] : entries) {
    const std::string path = directory + "/" + name;
    if (entry.is_directory) {
      remember(path);
    } else {
      contents_[entry.id] = text_in(path);
    }
  }
}

void DurableFiles::created(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) == 0) contents_.erase({status.st_dev, status.st_ino});
}

void DurableFiles::synced(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return;
  if (S_ISDIR(status.st_mode)) {
    names_[path] = entries_of(path);
  } else {
    contents_[{status.st_dev, status.st_ino}] =
        text_in("/proc/self/fd/" + std::to_string(descriptor));
  }
}

void DurableFiles::lose(PowerLoss loss) {
  restore(root_, loss);
}

void DurableFiles::restore(const std::string& directory, PowerLoss loss) {
  const Entries current = entries_of(directory);
  Entries kept = loss == PowerLoss::kData ? current : names_[directory];
  if (loss == PowerLoss::kNames) {
    std::erase_if(kept, [&](const auto& entry) { return !current.contains(entry.first); });
  }
  for (const auto& [name, entry] : current) {
    if (!kept.contains(name)) fs::remove_all(directory + "/" + name);
  }
  for (const auto& [name, entry] : kept) {
    const std::string path = directory + "/" + name;
    if (!entry.is_directory) {
      restore_file(path, entry.id, loss);
      continue;
    }
    fs::create_directory(path);
    restore(path, loss);
  }
}

void DurableFiles::restore_file(const std::string& path, FileId id, PowerLoss loss) {
  std::string text = contents_[id];
  if (loss == PowerLoss::kData) text.resize(fs::file_size(path), '\0');
  fs::remove(path);  // another name of the file may be restored to other contents
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace tally
