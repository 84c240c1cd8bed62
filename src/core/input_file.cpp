// SPDX-License-Identifier: MIT
#include "tally/core/input_file.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

namespace tally {
namespace {

[[noreturn]] void fail_to_open(const std::string& name, int error_number) {
  fail(ExitCode::kUsage, "{}: cannot be opened ({}); check the path and its permissions", name,
       system_error_text(error_number));
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path, std::string_view not_a_directory)
    : name_(path.string()) {
  // Asked before it is opened: opening a named pipe would wait for a writer, perhaps forever.
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error) fail_to_open(name_, error.value());
  require(!std::filesystem::is_directory(status), ExitCode::kUsage, "{}: is a directory, {}", name_,
          not_a_directory);
  require(std::filesystem::is_regular_file(status), ExitCode::kUsage,
          "{}: is a device or a pipe, expected a regular file; copy its data to a file", name_);
  // Since then somebody may have put a pipe in its place.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) fail_to_open(name_, errno);
  file_.reset(::fdopen(descriptor, "rb"));
  struct stat found {};
  const bool is_found = file_ && ::fstat(descriptor, &found) == 0;
  if (!is_found) fail_to_open(name_, errno);
  require(S_ISREG(found.st_mode), ExitCode::kUsage,
          "{}: was replaced while it was opened; try again", name_);
  size_ = found.st_size;
}

std::size_t InputFile::read(std::span<std::byte> chunk, ExitCode on_error) {
  const std::size_t count = std::fread(chunk.data(), 1, chunk.size(), file_.get());
  const int error_number = errno;
  require(std::ferror(file_.get()) == 0, on_error,
          "{}: cannot be read ({}); check the disk or the network it is on", name_,
          system_error_text(error_number));
  return count;
}

}  // namespace tally
