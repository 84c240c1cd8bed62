// SPDX-License-Identifier: MIT
#pragma once

#include "serve/table.hpp"
#include "serve/worker.hpp"

namespace tally {

/// The images that wait, in the order in which they came, and the one that is being read. An image
/// that cannot be read in time is refused before any work on it. For the server's thread.
class PageQueue {
 public:
  PageQueue(PageTable& table, PageWorker& worker, const PageLimits& limits)
      : table_(table), worker_(worker), limits_(limits) {}

  /// Lets a connection that asks send its image, or tells it when to come back.
  void admit(PageConnection& connection, PageTime now);

  /// Hands on what was read, stops what nobody wants, refuses who has waited too long, and starts
  /// on the next image. To be called before connections that are over are dropped.
  void advance(PageTime now);

  [[nodiscard]] int waiting() const { return table_.count(PageConnection::State::kWaits); }
  [[nodiscard]] bool is_busy() const { return is_busy_; }
  /// For how long one image is being read, or 0.
  [[nodiscard]] double seconds_on_image(PageTime now) const;

 private:
  void take_answer(PageTime now);
  void hand_on(const PageWorker::Answer& answer, PageConnection& asker, PageTime now) const;
  void start_next(PageTime now);
  [[nodiscard]] int most_waiting() const;
  [[nodiscard]] double expected_seconds(PageTime now) const;
  void refuse(PageConnection& connection, PageTime now) const;

  PageTable& table_;
  PageWorker& worker_;
  const PageLimits& limits_;
  bool is_busy_ = false;
  PageConnection* read_ = nullptr;  ///< whose image it is; null once its client has gone
  PageTime began_{};
  double usual_seconds_ = 0;  ///< of the last images
};

}  // namespace tally
