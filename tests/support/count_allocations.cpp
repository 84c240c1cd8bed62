// SPDX-License-Identifier: MIT
// To be preloaded: counts how often a program takes memory from the heap, and writes that number to
// $TALLY_COUNT_FILE.<process> when it ends.
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

std::atomic<long> requests = 0;

template <typename Memory>
Memory counted(Memory memory) {
  requests.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

struct Report {
  ~Report() {
    const char* path = std::getenv("TALLY_COUNT_FILE");
    if (path == nullptr) return;
    const long total = requests;
    char name[4096];
    std::snprintf(name, sizeof name, "%s.%d", path, static_cast<int>(getpid()));
    if (std::FILE* file = std::fopen(name, "w")) {
      std::fprintf(file, "%ld\n", total);
      std::fclose(file);
    }
  }
} report;

}  // namespace

extern "C" {
void* malloc(std::size_t size) {
  return counted(__libc_malloc(size));
}
void* calloc(std::size_t count, std::size_t size) {
  return counted(__libc_calloc(count, size));
}
void* realloc(void* old, std::size_t size) {
  return counted(__libc_realloc(old, size));
}
void* memalign(std::size_t alignment, std::size_t size) {
  return counted(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return counted(__libc_memalign(alignment, size));
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  *memory = counted(__libc_memalign(alignment, size));
  return *memory == nullptr ? ENOMEM : 0;
}
}
