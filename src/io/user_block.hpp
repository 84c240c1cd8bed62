// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tally/core/digest.hpp"
#include "tally/io/h5_file.hpp"

// Private to layer io: the user block of a checkpoint file, as checkpoint.hpp describes it.
namespace tally {

/// Writes the user block of a whole file whose HDF5 part is in place.
void sign_checkpoint(std::span<std::byte> file, std::int64_t format);

/// Whether the digest of a file matches whose payload comes in pieces.
class PayloadDigest {
 public:
  PayloadDigest(std::int64_t format, std::size_t file_bytes);

  void add(std::span<const std::byte> piece) { hash_.add(piece); }

  /// What is wrong, once all pieces have come, with a file of this start; empty if nothing is.
  std::string damage(std::span<const std::byte> head);

 private:
  std::string lines_;
  Sha256 hash_;
};

/// What a user block says.
struct UserBlock {
  std::string damage;  ///< empty if the file is whole
  std::int64_t format = 0;
};

/// That of a file of `file_bytes`, of which `head` is the start. Whether the digest matches is left
/// to PayloadDigest.
UserBlock read_user_block(std::span<const std::byte> head, std::size_t file_bytes);

}  // namespace tally
