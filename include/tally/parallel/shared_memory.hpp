// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tally/parallel/communicator.hpp"

namespace tally {

/// Memory that the ranks of one host read and write together: each brings a part, in order of the
/// ranks. It has no name in any file system and no limit but that of memory; it is reserved when it
/// is made, so that using it cannot fail; and it is gone with the last rank, however that ends.
/// Parts begin at multiples of a page and are zero.
class SharedMemory {
 public:
  /// Collective: every rank of `host` must call. Throws an Error, on some ranks or on all, if the
  /// memory or the way to a neighbour's part is not to be had.
  SharedMemory(const Communicator& host, std::size_t own_bytes);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  [[nodiscard]] std::span<std::byte> part(std::int64_t rank) const { return parts_[rank]; }

 private:
  void share(const Communicator& host, std::size_t own_bytes);
  void release();

  std::vector<std::span<std::byte>> parts_;
};

}  // namespace tally
