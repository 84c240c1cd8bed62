// SPDX-License-Identifier: MIT
#include "tally/core/large_array.hpp"

#include <cstdint>

#include <sys/mman.h>

namespace tally {
namespace {

constexpr std::size_t kLargePage = std::size_t{1} << 21;

// Room to move the beginning to a boundary of large pages.
std::size_t reserved_bytes(std::size_t bytes) {
  return bytes + kLargePage;
}

}  // namespace

void* LargePages::take(std::size_t bytes) {
  void* memory = ::mmap(nullptr, reserved_bytes(bytes), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t aligned = (begin + kLargePage - 1) / kLargePage * kLargePage;
  // What lies before and behind is given back, so that the address says all.
  if (aligned > begin) ::munmap(memory, aligned - begin);
  void* result = reinterpret_cast<void*>(aligned);
  const std::uintptr_t end = (aligned + bytes + 4095) / 4096 * 4096;
  if (end < begin + reserved_bytes(bytes)) {
    ::munmap(reinterpret_cast<void*>(end), begin + reserved_bytes(bytes) - end);
  }
  static_cast<void>(::madvise(result, bytes, MADV_HUGEPAGE));  // only a hint
  return result;
}

void LargePages::give_back(void* memory, std::size_t bytes) noexcept {
  ::munmap(memory, (bytes + 4095) / 4096 * 4096);
}

}  // namespace tally
