// SPDX-License-Identifier: MIT
#include "tally/data/byte_source.hpp"

#include "tally/core/input_file.hpp"

namespace tally {
namespace {

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

std::unique_ptr<ByteSource> file_source(const std::filesystem::path& path) {
  return std::make_unique<FileSource>(
      path.string(), InputFile(path, "expected a file; if the file lies in it, move it up"));
}

}  // namespace tally
