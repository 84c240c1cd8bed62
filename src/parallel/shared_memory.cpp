// SPDX-License-Identifier: MIT
#include "tally/parallel/shared_memory.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally {
namespace {

[[noreturn]] void fail_call(std::string_view call) {
  fail(ExitCode::kFailure, "shared memory: {}: {}", call, std::strerror(errno));
}

class OpenFile {
 public:
  OpenFile() = default;
  OpenFile(int descriptor, std::string_view call) : descriptor_(descriptor) {
    if (descriptor_ < 0) fail_call(call);
  }
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(OpenFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  [[nodiscard]] int get() const { return descriptor_; }
  /// Tells this memory from any other on the host.
  [[nodiscard]] std::int64_t inode() const {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail_call("fstat");
    return static_cast<std::int64_t>(status.st_ino);
  }

 private:
  int descriptor_ = -1;
};

// What a rank tells its neighbours of its part.
struct Announcement {
  std::int64_t process = 0;
  std::int64_t descriptor = -1;
  std::int64_t inode = 0;
  std::int64_t bytes = 0;
};

std::vector<Announcement> gather(const Communicator& host, const Announcement& own) {
  const auto of_all = [&](std::int64_t field) { return host.gather_all(std::span(&field, 1)); };
  const auto processes = of_all(own.process), descriptors = of_all(own.descriptor);
  const auto inodes = of_all(own.inode), bytes = of_all(own.bytes);
  std::vector<Announcement> all;
  for (std::size_t i = 0; i < processes.size(); ++i) {
    all.push_back({processes[i], descriptors[i], inodes[i], bytes[i]});
  }
  return all;
}

std::span<std::byte> map(int descriptor, std::size_t bytes) {
  const int flags = descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, descriptor, 0);
  if (memory == MAP_FAILED) fail_call("mmap");
  // Only a hint: large pages save much of the search for addresses in large networks.
  static_cast<void>(::madvise(memory, bytes, MADV_HUGEPAGE));
  return {static_cast<std::byte*>(memory), bytes};
}

OpenFile make_part(std::size_t bytes) {
  OpenFile file(::memfd_create("tally", MFD_CLOEXEC), "memfd_create");
  // Pages belong to the memory of the processor that reserves them: each rank reserves its own.
  const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes));
  if (error != 0) {
    errno = error;
    fail_call("posix_fallocate");
  }
  return file;
}

OpenFile open_part(const Announcement& announced) {
  require(announced.descriptor >= 0, ExitCode::kFailure,
          "shared memory: a rank of this node has none to offer");
  const std::string path = fmt::format("/proc/{}/fd/{}", announced.process, announced.descriptor);
  OpenFile file(::open(path.c_str(), O_RDWR | O_CLOEXEC), path);
  require(file.inode() == announced.inode, ExitCode::kFailure,
          "shared memory: {} is not that of a rank of this node", path);
  return file;
}

}  // namespace

SharedMemory::SharedMemory(const Communicator& host, std::size_t own_bytes) {
  own_bytes = std::max<std::size_t>(own_bytes, 1);  // no memory cannot be mapped
  try {
    if (host.size() == 1) {
      parts_.push_back(map(-1, own_bytes));
    } else {
      share(host, own_bytes);
    }
  } catch (...) {
    release();
    throw;
  }
}

SharedMemory::~SharedMemory() {
  release();
}

void SharedMemory::share(const Communicator& host, std::size_t own_bytes) {
  OpenFile own;
  Announcement announcement;
  std::optional<Error> error = error_of([&] {
    own = make_part(own_bytes);
    announcement = {::getpid(), own.get(), own.inode(), static_cast<std::int64_t>(own_bytes)};
  });
  const std::vector<Announcement> all = gather(host, announcement);
  if (!error) {
    error = error_of([&] {
      for (const Announcement& announced : all) {
        const OpenFile part = open_part(announced);
        parts_.push_back(map(part.get(), static_cast<std::size_t>(announced.bytes)));
      }
    });
  }
  // A part can be opened only while its maker holds it open.
  host.barrier();
  if (error) throw Error(*error);
}

void SharedMemory::release() {
  for (const std::span<std::byte> part : parts_) ::munmap(part.data(), part.size());
  parts_.clear();
}

}  // namespace tally
