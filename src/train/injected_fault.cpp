// SPDX-License-Identifier: MIT
#include "tally/train/injected_fault.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <thread>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

constexpr std::array<std::string_view, 10> kKindNames = {
    "throw", "bad_alloc", "require", "nan", "flip", "freeze", "pause", "slow", "stop", "kill"};

bool are_allowed() {
#ifdef NDEBUG
  const char* allowed = std::getenv("TALLY_ALLOW_FAULTS");
  return allowed != nullptr && std::string_view(allowed) == "1";
#else
  return true;
#endif
}

[[noreturn]] void refuse(std::string_view text) {
  fail(ExitCode::kUsage,
       "TALLY_FAULT: expected <kind>:<phase>[:rank=R][:step=S][:thread=T][:seconds=N], got \"{}\"",
       text);
}

std::string_view take_part(std::string_view& text) {
  const std::string_view part = text.substr(0, text.find(':'));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

Phase phase_of(std::string_view name) {
  for (int number = 0; number <= static_cast<int>(Phase::kFinish); ++number) {
    if (name_of(static_cast<Phase>(number)) == name) return static_cast<Phase>(number);
  }
  refuse(name);
}

}  // namespace

void InjectedFault::arm(int rank) {
  const char* text = std::getenv("TALLY_FAULT");
  if (text == nullptr || !are_allowed()) return;
  parse(text);
  is_armed_ = rank_ == rank || rank_ == kEveryRank;
}

void InjectedFault::parse(std::string_view text) {
  const auto* const kind = std::ranges::find(kKindNames, take_part(text));
  if (kind == kKindNames.end()) refuse(text);
  kind_ = static_cast<Kind>(kind - kKindNames.begin());
  if (kind_ == Kind::kSlow) rank_ = kEveryRank;
  phase_ = phase_of(take_part(text));
  while (!text.empty()) {
    const std::string_view part = take_part(text);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) refuse(part);
    set(part.substr(0, equals), part.substr(equals + 1));
  }
}

void InjectedFault::set(std::string_view name, std::string_view value) {
  std::int64_t* const place = name == "rank"      ? &rank_
                              : name == "step"    ? &step_
                              : name == "thread"  ? &thread_
                              : name == "seconds" ? &seconds_
                                                  : nullptr;
  if (place == nullptr || !parse_number(value, *place)) refuse(value);
}

bool InjectedFault::is_due(Phase phase, std::int64_t step, int thread) const {
  return phase == phase_ && step >= step_ && thread == thread_;
}

void InjectedFault::strike_now() {
  if (is_of_a_value()) return;
  is_armed_ = kind_ == Kind::kSlow;
  switch (kind_) {
    case Kind::kThrow:
      throw std::runtime_error("injected fault");
    case Kind::kBadAlloc:
      throw std::bad_alloc();
    case Kind::kRequire:
      fail(ExitCode::kFailure, "injected failure of a requirement");
    case Kind::kFreeze:
      for (;;) std::this_thread::sleep_for(std::chrono::hours{1});
    case Kind::kPause:
    case Kind::kSlow:
      std::this_thread::sleep_for(std::chrono::seconds{seconds_});
      break;
    case Kind::kStop:
      std::raise(SIGSTOP);
      break;
    case Kind::kKill:
      std::raise(SIGKILL);
      break;
    case Kind::kNan:
    case Kind::kFlip:
      break;
  }
}

void InjectedFault::spoil_now(Real& value) {
  if (!is_of_a_value()) return;
  is_armed_ = false;
  if (kind_ == Kind::kNan) {
    value = std::numeric_limits<Real>::quiet_NaN();
    return;
  }
  std::uint32_t bits = 0;
  static_assert(sizeof(bits) == sizeof(value));
  std::memcpy(&bits, &value, sizeof(bits));
  bits ^= 1U;
  std::memcpy(&value, &bits, sizeof(bits));
}

}  // namespace tally
