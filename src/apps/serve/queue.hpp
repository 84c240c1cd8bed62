// SPDX-License-Identifier: MIT
#pragma once

#include "serve/table.hpp"
#include "serve/worker.hpp"

namespace tally::serve {

/// The images that wait, in the order in which they came, and the one that is being read. An image
/// that cannot be read in time is refused before any work on it. For the server's thread.
class Queue {
 public:
  Queue(Table& table, Worker& worker, const Limits& limits)
      : table_(table), worker_(worker), limits_(limits) {}

  /// Lets a connection that asks send its image, or tells it when to come back.
  void admit(Connection& connection, Time now);

  /// Hands on what was read, stops what nobody wants, refuses who has waited too long, and starts
  /// on the next image. To be called before connections that are over are dropped.
  void advance(Time now);

  [[nodiscard]] int waiting() const { return table_.count(Connection::State::kWaits); }
  [[nodiscard]] bool is_busy() const { return is_busy_; }
  /// For how long one image is being read, or 0.
  [[nodiscard]] double seconds_on_image(Time now) const;

 private:
  void take_answer(Time now);
  void hand_on(const Worker::Answer& answer, Connection& asker, Time now) const;
  void start_next(Time now);
  [[nodiscard]] int most_waiting() const;
  [[nodiscard]] double expected_seconds(Time now) const;
  void refuse(Connection& connection, Time now) const;

  Table& table_;
  Worker& worker_;
  const Limits& limits_;
  bool is_busy_ = false;
  Connection* read_ = nullptr;  ///< whose image it is; null once its client has gone
  Time began_{};
  double usual_seconds_ = 0;  ///< of the last images
};

}  // namespace tally::serve
