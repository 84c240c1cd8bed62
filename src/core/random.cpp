// SPDX-License-Identifier: MIT
#include "tally/core/random.hpp"

#include <Random123/philox.h>

namespace tally {

RandomStream::RandomStream(std::uint64_t seed, Purpose purpose, std::uint32_t epoch,
                           std::uint32_t item)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      counter_{0, item, epoch, static_cast<std::uint32_t>(purpose)} {}

std::uint32_t RandomStream::next() {
  if (used_ == block_.size()) {
    const r123::Philox4x32::ctr_type counter = {
        {counter_[0], counter_[1], counter_[2], counter_[3]}};
    const r123::Philox4x32::key_type key = {{key_[0], key_[1]}};
    const auto bits = r123::Philox4x32{}(counter, key);
    block_ = {bits[0], bits[1], bits[2], bits[3]};
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

std::uint32_t RandomStream::below(std::uint32_t bound) {
  const std::uint32_t rejected = (0U - bound) % bound;  // 2^32 mod bound
  while (true) {
    const std::uint64_t product = std::uint64_t{next()} * bound;
    if (static_cast<std::uint32_t>(product) >= rejected) {
      return static_cast<std::uint32_t>(product >> 32);
    }
  }
}

double RandomStream::uniform() {
  return next() * 0x1p-32;
}

}  // namespace tally
