// SPDX-License-Identifier: MIT
#include "serve/queue.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "serve/answer.hpp"

namespace tally::serve {
namespace {

using State = Connection::State;

}  // namespace

double Queue::seconds_on_image(Time now) const {
  return is_busy_ ? seconds_between(began_, now) : 0;
}

/// Until an image that comes now would be read.
double Queue::expected_seconds(Time now) const {
  const double rest = is_busy_ ? std::max(0.0, usual_seconds_ - seconds_on_image(now)) : 0;
  return rest + usual_seconds_ * waiting();
}

void Queue::refuse(Connection& connection, Time now) const {
  constexpr double kMostSeconds = 60;
  const double seconds = std::ceil(std::clamp(expected_seconds(now), 1.0, kMostSeconds));
  connection.refuse({503, "busy with other images; try again", false, static_cast<int>(seconds)},
                    now);
}

/// Half of the connections: the others are for whom an answer takes no time.
int Queue::most_waiting() const {
  return (table_.most() + 1) / 2;
}

void Queue::admit(Connection& connection, Time now) {
  const bool has_room = waiting() < most_waiting();
  if (!has_room || expected_seconds(now) > limits_.wait_seconds) return refuse(connection, now);
  connection.read_body(now);
}

void Queue::advance(Time now) {
  if (read_ != nullptr && read_->is_over()) {
    read_ = nullptr;
    worker_.stop_image();
  }
  take_answer(now);
  // Many may have been let in before the images of any were there.
  int most = most_waiting();
  for (const auto& connection : table_) {
    if (connection->state() != State::kWaits) continue;
    if (--most >= 0 && now < connection->end()) continue;
    serve_or_drop(*connection, [&] { refuse(*connection, now); });
  }
  if (!is_busy_) start_next(now);
}

void Queue::take_answer(Time now) {
  auto answer = worker_.take_answer();
  if (!answer) return;
  usual_seconds_ += (seconds_on_image(now) - usual_seconds_) / 4;
  is_busy_ = false;
  Connection* const asker = std::exchange(read_, nullptr);
  if (asker != nullptr) serve_or_drop(*asker, [&] { hand_on(*answer, *asker, now); });
}

void Queue::hand_on(const Worker::Answer& answer, Connection& asker, Time now) const {
  switch (answer.kind) {
    case Worker::Answer::Kind::kJson:
      return asker.answer(answer_text("application/json", answer.json), now);
    case Worker::Answer::Kind::kStopped:
      return asker.refuse(
          {422, fmt::format("the image takes more than {} s to read; make it smaller or simpler",
                            limits_.image_seconds)},
          now);
    case Worker::Answer::Kind::kFailed:
      return asker.refuse({500, "there is no memory for the answer"}, now);
  }
}

void Queue::start_next(Time now) {
  Connection* next = nullptr;
  for (const auto& connection : table_) {
    if (connection->state() != State::kWaits) continue;
    if (next == nullptr || connection->begin() < next->begin()) next = connection.get();
  }
  if (next == nullptr) return;
  const Time end = now + milliseconds_of(limits_.image_seconds);
  serve_or_drop(*next, [&] {
    worker_.start(next->take_image(end), end);
    read_ = next;
    is_busy_ = true;
    began_ = now;
  });
}

}  // namespace tally::serve
