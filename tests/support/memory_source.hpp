// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "tally/data/byte_source.hpp"

namespace tally {

/// Bytes that are in memory already; the memory must outlive the source.
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

inline std::unique_ptr<ByteSource> memory_source(std::string name,
                                                 std::span<const std::byte> bytes) {
  return std::make_unique<MemorySource>(std::move(name), bytes);
}

}  // namespace tally
