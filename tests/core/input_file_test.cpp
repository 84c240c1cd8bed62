// SPDX-License-Identifier: MIT
#include "tally/core/input_file.hpp"

#include <array>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temporary_directory.hpp"

namespace tally {
namespace {

std::string refusal_of_file(const std::filesystem::path& path) {
  try {
    const InputFile file(path, "expected a file");
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
    return error.what();
  }
  return "nothing was thrown";
}

TEST(InputFile, ReadsToTheEndInChunks) {
  const TemporaryDirectory directory;
  InputFile file(directory.write("file", "0123456789"), "");
  EXPECT_EQ(file.size(), 10);
  std::array<char, 4> chunk{};
  std::string all;
  for (const std::size_t expected : {4, 4, 2, 0}) {
    const std::size_t got = file.read(std::as_writable_bytes(std::span(chunk)), ExitCode::kFailure);
    EXPECT_EQ(got, expected);
    all.append(chunk.data(), got);
  }
  EXPECT_EQ(all, "0123456789");
}

TEST(InputFile, RefusesWhatIsNoRegularFile) {
  const TemporaryDirectory directory;
  const std::string path = directory.string();
  EXPECT_EQ(refusal_of_file(path), path + ": is a directory, expected a file");
  EXPECT_EQ(refusal_of_file(path + "/none"),
            path +
                "/none: cannot be opened (No such file or directory); check the path and its "
                "permissions");
  ASSERT_EQ(::mkfifo((path + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(
      refusal_of_file(path + "/pipe"),
      path + "/pipe: is a device or a pipe, expected a regular file; copy its data to a file");
}

}  // namespace
}  // namespace tally
