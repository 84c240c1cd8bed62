// SPDX-License-Identifier: MIT
#include "tally/io/output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "system_call.hpp"

namespace tally {

OutputFile::OutputFile(const std::filesystem::path& path, std::string subject, ExitCode on_error)
    : subject_(std::move(subject)) {
  const WritableFile file = open_writable(path, O_WRONLY, 0666);
  require(file.descriptor >= 0, on_error, "{} cannot be written: {}", subject_, file.problem);
  file_ = std::make_unique<FileDescriptor>(file.descriptor, path, "open");
  // Only now that it is known to be what was meant.
  if (uninterrupted([&] { return ::ftruncate(file_->get(), 0); }) != 0) fail_to_write(on_error);
}

OutputFile::OutputFile(OutputFile&&) noexcept = default;
OutputFile::~OutputFile() = default;

void OutputFile::fail_to_write(ExitCode exit_code) const {
  const int error_number = errno;
  fail(exit_code, "{} cannot be written: {}", subject_, system_error_text(error_number));
}

void OutputFile::append(std::span<const std::byte> bytes) {
  if (write_whole(file_->get(), bytes) != 0) fail_to_write(ExitCode::kFailure);
}

void OutputFile::append(std::string_view text) {
  append(std::as_bytes(std::span(text)));
}

void OutputFile::close() {
  if (file_->end() != 0) fail_to_write(ExitCode::kFailure);
}

}  // namespace tally
