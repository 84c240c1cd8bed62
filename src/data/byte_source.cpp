// SPDX-License-Identifier: MIT
#include "tally/data/byte_source.hpp"

#include <algorithm>

#include "tally/core/input_file.hpp"

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

class FileSource final : public ByteSource {
 public:
  FileSource(std::string name, InputFile file)
      : ByteSource(std::move(name), file.size()), file_(std::move(file)) {}

  std::size_t read(std::span<std::byte> chunk) override {
    return file_.read(chunk, ExitCode::kFailure);
  }

 private:
  InputFile file_;
};

}  // namespace

std::unique_ptr<ByteSource> memory_source(std::string name, std::span<const std::byte> bytes) {
  return std::make_unique<MemorySource>(std::move(name), bytes);
}

std::unique_ptr<ByteSource> file_source(const std::filesystem::path& path) {
  return std::make_unique<FileSource>(
      path.string(), InputFile(path, "expected a file; if the file lies in it, move it up"));
}

}  // namespace tally
