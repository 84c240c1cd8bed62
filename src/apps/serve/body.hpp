// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tally::serve {

/// The bytes of a file as they come, in blocks of one size. Growing in one piece, those of many
/// clients would leave holes in the memory that are many times as large as what is held.
class Body {
 public:
  void append(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t offset = size_ % kBlockBytes;
      if (offset == 0) blocks_.push_back(std::make_unique_for_overwrite<Block>());
      const std::size_t count = std::min(bytes.size(), kBlockBytes - offset);
      std::copy_n(bytes.data(), count, blocks_.back()->data() + offset);
      size_ += count;
      bytes.remove_prefix(count);
    }
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Of memory.
  [[nodiscard]] std::size_t held_bytes() const { return blocks_.size() * kBlockBytes; }

  /// All of it, in one piece; nothing is left.
  [[nodiscard]] std::string take() {
    std::string whole;
    whole.reserve(size_);
    for (const auto& block : blocks_) {
      whole.append(block->data(), std::min(kBlockBytes, size_ - whole.size()));
    }
    *this = {};
    return whole;
  }

 private:
  static constexpr std::size_t kBlockBytes = 64 << 10;
  using Block = std::array<char, kBlockBytes>;

  std::vector<std::unique_ptr<Block>> blocks_;
  std::size_t size_ = 0;
};

}  // namespace tally::serve
