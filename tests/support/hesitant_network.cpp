// SPDX-License-Identifier: MIT
// Preloaded: every other recv and send has to be repeated, as after a wrong poll or a signal, and
// the first bytes that are no head of a request take TALLY_NETWORK_SECONDS more.
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

bool hesitates() {
  static std::atomic<unsigned> calls = 0;
  const unsigned call = calls++;
  errno = call % 4 == 0 ? EAGAIN : EINTR;
  return call % 2 == 0;
}

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" ssize_t recv(int socket, void* room, std::size_t bytes, int flags) {
  if (hesitates()) return -1;
  const ssize_t count = real<decltype(::recv)>("recv")(socket, room, bytes, flags);
  const char* seconds = std::getenv("TALLY_NETWORK_SECONDS");
  if (seconds != nullptr && count > 4 && std::memcmp(room, "POST", 4) != 0) {
    ::sleep(static_cast<unsigned>(std::atoi(seconds)));
  }
  return count;
}

extern "C" ssize_t send(int socket, const void* data, std::size_t bytes, int flags) {
  if (hesitates()) return -1;
  return real<decltype(::send)>("send")(socket, data, bytes, flags);
}
