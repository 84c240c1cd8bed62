// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>

// Where the bytes of a data file come from: a file, or a gzip stream over another source.
// Parsers read in chunks, so that no file is ever held in memory as a whole.
namespace tally {

class ByteSource {
 public:
  ByteSource(std::string name, std::int64_t largest_size)
      : name_(std::move(name)), largest_size_(largest_size) {}
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Fills `chunk` from its start and returns how many bytes it got: less than asked only at the
  /// end. Throws an Error for a read error or damaged compression.
  virtual std::size_t read(std::span<std::byte> chunk) = 0;

  /// The path as it was given, for messages.
  [[nodiscard]] const std::string& name() const { return name_; }

  /// No more bytes than this can come: what a header promises beyond it is refused before any
  /// memory is allocated for it. Exact, but for compressed sources.
  [[nodiscard]] std::int64_t largest_size() const { return largest_size_; }

 private:
  std::string name_;
  std::int64_t largest_size_;
};

/// The bytes of a regular file. Throws an Error that says why it cannot be opened.
std::unique_ptr<ByteSource> file_source(const std::filesystem::path& path);

/// The uncompressed bytes of a gzip stream (RFC 1952); members that follow each other are joined.
/// Checksums and lengths are verified at the end of each member, so they are only once a read has
/// returned less than asked. Takes `chunk_bytes`, two at least, at a time from `compressed`: memory
/// does not depend on the data.
std::unique_ptr<ByteSource> gzip_source(std::unique_ptr<ByteSource> compressed,
                                        std::size_t chunk_bytes = 65536);

}  // namespace tally
