// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

// What all fuzz targets share. A target takes hostile bytes to one of Tally's parsers. libFuzzer
// and the sanitizers report crashes, reads out of bounds, undefined behaviour, leaks and large
// allocations; the checks here report the rest: another exception than an Error, a message that
// does not name the file, a wrong value, too much time.
namespace tally {

/// The name of the hostile file in messages.
inline const std::string kHostile = "hostile.file";

/// Ends the program with a finding unless `holds`.
inline void check(bool holds, std::string_view expected, std::string_view got = "") {
  if (holds) return;
  std::fprintf(stderr, "fuzz target: expected %.*s, got \"%.*s\"\n",
               static_cast<int>(expected.size()), expected.data(), static_cast<int>(got.size()),
               got.data());
  std::abort();
}

/// A finding if one input takes more processor time than 2 s. The clock on the wall would blame the
/// input for other programs on the machine.
class ProcessorTimeLimit {
 public:
  ProcessorTimeLimit() = default;
  ~ProcessorTimeLimit() { check(std::clock() - begin_ <= 2 * CLOCKS_PER_SEC, "at most 2 s"); }
  ProcessorTimeLimit(const ProcessorTimeLimit&) = delete;
  ProcessorTimeLimit& operator=(const ProcessorTimeLimit&) = delete;

 private:
  std::clock_t begin_ = std::clock();
};

/// Lets `parse` work on hostile bytes. Whether it accepts them; anything but an Error with the exit
/// code `refusal`, whose message names the file, is a finding.
template <typename Parse>
bool accepts(ExitCode refusal, std::string_view name, Parse&& parse) {
  const ProcessorTimeLimit limit;
  try {
    std::forward<Parse>(parse)();
  } catch (const Error& error) {
    const std::string_view message = error.what();
    check(error.exit_code() == refusal, "another exit code", message);
    check(message.find(name) != std::string_view::npos, "a message with the name", message);
    check(message.size() > name.size() + 10, "a message with a reason", message);
    check(printable_line(message) == message, "one line of printable characters", message);
    return false;
  }
  return true;
}

/// The bytes of an input: some that say how to read, then the hostile file.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : remaining_(reinterpret_cast<const std::byte*>(data), size) {}

  /// The next byte, 0 behind the end.
  unsigned byte() {
    if (remaining_.empty()) return 0;
    const auto value = std::to_integer<unsigned>(remaining_.front());
    remaining_ = remaining_.subspan(1);
    return value;
  }

  /// The next byte as an index below `count`.
  std::size_t below(std::size_t count) { return byte() % count; }

  std::span<const std::byte> bytes(std::size_t count) {
    const auto taken = remaining_.first(std::min(count, remaining_.size()));
    remaining_ = remaining_.subspan(taken.size());
    return taken;
  }

  std::string text(std::size_t count) {
    const auto taken = bytes(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

  [[nodiscard]] std::span<const std::byte> rest() const { return remaining_; }

 private:
  std::span<const std::byte> remaining_;
};

}  // namespace tally
