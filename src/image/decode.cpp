// SPDX-License-Identifier: MIT
#include "tally/image/decode.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <vector>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/image/image_limits.hpp"
#include "tally/image/image_type.hpp"
#include "tally/image/jpeg_decoder.hpp"
#include "tally/image/png_codec.hpp"

namespace tally {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] void fail_to_open(const std::string& name, int error_number) {
  fail(ExitCode::kUsage, "{}: cannot be opened ({}); check the path and its permissions", name,
       system_error_text(error_number));
}

// Asked before the file is opened: opening a named pipe would wait for a writer, perhaps forever.
void require_regular_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error) fail_to_open(path.string(), error.value());
  require(!std::filesystem::is_directory(status), ExitCode::kUsage,
          "{}: is a directory, expected a PNG or JPEG file; name the files in it", path.string());
  require(std::filesystem::is_regular_file(status), ExitCode::kUsage,
          "{}: is a device or a pipe, expected a regular file; copy its data to a file",
          path.string());
}

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  require_regular_file(path);
  const FileHandle file(std::fopen(path.c_str(), "rb"));
  if (!file) fail_to_open(path.string(), errno);
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) fail_to_open(path.string(), error.value());
  require(size <= kLargestFileBytes, ExitCode::kUsage,
          "{}: is {} MB long, expected at most {} MB; make the image smaller", path.string(),
          grouped(static_cast<std::int64_t>(size >> 20)), kLargestFileBytes >> 20);
  std::vector<std::byte> bytes(size);
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  const int error_number = errno;
  require(std::ferror(file.get()) == 0, ExitCode::kUsage,
          "{}: cannot be read ({}); check the disk or the network it is on", path.string(),
          system_error_text(error_number));
  return bytes;
}

}  // namespace

GreyImage decode_image(std::span<const std::byte> file, const std::string& name) {
  switch (image_type(file, name)) {
    case ImageType::kPng:
      return decode_png(file, name);
    case ImageType::kJpeg:
      return decode_jpeg(file, name);
  }
  throw std::logic_error("decode_image: unknown type");
}

GreyImage read_image(const std::filesystem::path& path) {
  return decode_image(read_file(path), path.string());
}

}  // namespace tally
