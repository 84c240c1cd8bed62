// SPDX-License-Identifier: MIT
#include "serve/table.hpp"

#include <algorithm>
#include <new>
#include <tuple>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace tally::serve {
namespace {

using namespace std::chrono_literals;
using State = Connection::State;

constexpr std::size_t kReadBytes = 64 << 10;
// In one round, so that many new connections do not keep the others waiting.
constexpr int kMostAccepted = 64;
constexpr auto kLongestWait = 1s;
constexpr auto kShortPause = 50ms;

Refusal try_again(const char* reason) {
  return {503, fmt::format("{}; try again", reason), false, 1};
}

/// The model, the libraries and standard streams have files open, too.
int connections_within(int wanted) {
  constexpr int kOthers = 24;
  constexpr int kLeast = 4;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return wanted;
  const auto open = static_cast<int>(std::min<rlim_t>(files.rlim_cur, 1 << 20));
  return std::min(wanted, std::max(kLeast, open - kOthers));
}

constexpr int kStays = 2;

/// Who gives way to others first: who has the answer and only lingers, then who is slow. Images
/// that have come stay; those that are over are still known to the queue.
int rank_of(State state) {
  switch (state) {
    case State::kDrains:
      return 0;
    case State::kReadsHead:
    case State::kReadsBody:
    case State::kAnswers:
      return 1;
    default:
      return kStays;
  }
}

}  // namespace

Table::Table(const Audience& audience, const Limits& limits)
    : audience_(audience),
      limits_(limits),
      most_(connections_within(limits.connections)),
      room_(kReadBytes) {
  const auto room = static_cast<std::size_t>(most_ + kMostAccepted);  // with those that are over
  connections_.reserve(room);
  polled_.reserve(room + 2);
}

int Table::size() const {
  return static_cast<int>(connections_.size()) - count(State::kIsOver);
}

int Table::count(State state) const {
  return static_cast<int>(std::ranges::count_if(
      connections_, [=](const auto& connection) { return connection->state() == state; }));
}

int Table::milliseconds_to_wait(Time now) const {
  Time end = now + kLongestWait;
  for (const auto& connection : connections_) {
    if (connection->state() != State::kIsRead) end = std::min(end, connection->end());
  }
  if (now < accepts_after_) end = std::min(end, accepts_after_);
  return std::max(
      0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(end - now).count()));
}

bool Table::attend(const Socket& socket, int wake) {
  Time now = Clock::now();
  const auto accepting = static_cast<short>(now < accepts_after_ ? 0 : POLLIN);
  polled_.assign({{wake, POLLIN, 0}, {socket.descriptor(), accepting, 0}});
  for (const auto& connection : connections_) {
    polled_.push_back({connection->socket(), connection->events(), 0});
  }
  if (::poll(polled_.data(), polled_.size(), milliseconds_to_wait(now)) < 0) return true;
  now = Clock::now();
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const short events = polled_[i + 2].revents;
    if (events == 0) continue;
    serve_or_drop(*connections_[i], [&] { connections_[i]->attend(events, room_, now); });
  }
  return polled_[1].revents == 0 || accept(socket, now);
}

bool Table::accept(const Socket& socket, Time now) {
  for (int i = 0; i < kMostAccepted; ++i) {
    // Those that are here are answered first; the next one is not lost while it waits at the
    // socket.
    if (size() >= most_ && slowest(now) == connections_.end()) return true;
    const int descriptor = socket.accept();
    if (descriptor == Socket::kLost) return false;
    if (descriptor == Socket::kNone) return true;
    if (descriptor == Socket::kShort) {
      if (!shed_slowest(now)) accepts_after_ = now + kShortPause;
      return true;
    }
    add(descriptor, now);
  }
  return true;
}

void Table::add(int descriptor, Time now) {
  const bool has_room = size() < most_ || shed_slowest(now);
  auto* const added =
      has_room ? new (std::nothrow) Connection(descriptor, audience_, limits_, now) : nullptr;
  if (added == nullptr) {
    ::close(descriptor);
    return;
  }
  connections_.emplace_back(added);
  // Most have sent their request by now.
  serve_or_drop(*added, [&] { added->attend(POLLIN, room_, now); });
}

Table::Connections::const_iterator Table::slowest(Time now) const {
  const auto rank = [=](const auto& connection) {
    return std::tuple(rank_of(connection->state()), connection->pace(now));
  };
  const auto found = std::ranges::min_element(connections_, {}, rank);
  const bool gives_way = found != connections_.end() && rank_of((*found)->state()) != kStays;
  return gives_way ? found : connections_.end();
}

bool Table::shed_slowest(Time now) {
  const auto found = slowest(now);
  if (found == connections_.end()) return false;
  serve_or_drop(**found, [&] { (*found)->shed(try_again("too many connections")); });
  connections_.erase(found);  // which gives its descriptor back
  return true;
}

void Table::tidy(Time now) {
  std::size_t held = 0;
  for (const auto& connection : connections_) held += connection->held_bytes();
  while (held > limits_.held_bytes()) {
    const auto largest = std::ranges::max_element(
        connections_, {}, [](const auto& connection) { return connection->held_bytes(); });
    Connection& connection = **largest;
    held -= std::min(held, connection.held_bytes());
    if (connection.state() == State::kAnswers) {
      connection.drop();
    } else {
      serve_or_drop(connection,
                    [&] { connection.refuse(try_again("too many image files at a time"), now); });
    }
  }
  std::erase_if(connections_, [](const auto& connection) { return connection->is_over(); });
}

}  // namespace tally::serve
