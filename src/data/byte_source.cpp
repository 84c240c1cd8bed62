// SPDX-License-Identifier: MIT
#include "tally/data/byte_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "tally/core/error.hpp"

namespace tally {
namespace {

class MemorySource final : public ByteSource {
 public:
  MemorySource(std::string name, std::span<const std::byte> bytes)
      : ByteSource(std::move(name), static_cast<std::int64_t>(bytes.size())), remaining_(bytes) {}

  std::size_t read(std::span<std::byte> chunk) override {
    const std::size_t count = std::min(chunk.size(), remaining_.size());
    std::ranges::copy(remaining_.first(count), chunk.begin());
    remaining_ = remaining_.subspan(count);
    return count;
  }

 private:
  std::span<const std::byte> remaining_;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

class FileSource final : public ByteSource {
 public:
  FileSource(std::string name, std::int64_t size, FileHandle file)
      : ByteSource(std::move(name), size), file_(std::move(file)) {}

  std::size_t read(std::span<std::byte> chunk) override {
    const std::size_t count = std::fread(chunk.data(), 1, chunk.size(), file_.get());
    const int error_number = errno;
    require(std::ferror(file_.get()) == 0, ExitCode::kFailure,
            "{}: cannot be read ({}); check the disk or the network it is on", name(),
            system_error_text(error_number));
    return count;
  }

 private:
  FileHandle file_;
};

[[noreturn]] void fail_to_open(const std::string& name, int error_number) {
  fail(ExitCode::kUsage, "{}: cannot be opened ({}); check the path and its permissions", name,
       system_error_text(error_number));
}

}  // namespace

std::unique_ptr<ByteSource> memory_source(std::string name, std::span<const std::byte> bytes) {
  return std::make_unique<MemorySource>(std::move(name), bytes);
}

std::unique_ptr<ByteSource> file_source(const std::filesystem::path& path) {
  // Asked before it is opened: opening a named pipe would wait for a writer, perhaps forever.
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error) fail_to_open(path.string(), error.value());
  require(!std::filesystem::is_directory(status), ExitCode::kUsage,
          "{}: is a directory, expected a file; if the file lies in it, move it up", path.string());
  require(std::filesystem::is_regular_file(status), ExitCode::kUsage,
          "{}: is a device or a pipe, expected a regular file; copy its data to a file",
          path.string());

  FileHandle file(std::fopen(path.c_str(), "rb"));
  if (!file) fail_to_open(path.string(), errno);
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) fail_to_open(path.string(), error.value());
  return std::make_unique<FileSource>(path.string(), static_cast<std::int64_t>(size),
                                      std::move(file));
}

}  // namespace tally
