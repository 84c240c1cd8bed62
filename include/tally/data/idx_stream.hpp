// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "tally/core/digest.hpp"
#include "tally/data/byte_source.hpp"
#include "tally/data/idx_header.hpp"

// The data of an IDX file in order: counted, hashed, and neither shorter nor longer than its header
// says. Never takes more from its source than the header promises and one byte.
namespace tally {

class IdxStream {
 public:
  /// Reads and verifies the header, and that the source can hold what it promises.
  IdxStream(std::unique_ptr<ByteSource> source, IdxContent content);

  [[nodiscard]] const IdxShape& shape() const { return shape_; }
  [[nodiscard]] const std::string& name() const { return source_->name(); }
  [[nodiscard]] std::int64_t remaining_bytes() const { return file_bytes_ - bytes_read_; }

  /// Fills `bytes`, which must be no more than remain. Throws an Error if the file ends before.
  void read(std::span<std::byte> bytes);

  /// To be called when no bytes remain: verifies that the file ends here, checksums included.
  /// Returns the SHA-256 of the uncompressed file.
  Digest finish();

 private:
  std::size_t take(std::span<std::byte> bytes);
  void require_room() const;
  [[noreturn]] void fail_truncated(std::int64_t got_bytes) const;

  std::unique_ptr<ByteSource> source_;
  IdxContent content_;
  Sha256 hash_;
  std::int64_t bytes_read_ = 0;
  std::int64_t header_bytes_ = 0;
  IdxShape shape_;
  std::int64_t file_bytes_ = 0;
};

}  // namespace tally
