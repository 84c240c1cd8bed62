// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include <pthread.h>

#include "serve/connection.hpp"

namespace tally::serve {

/// An image file in, JSON out. Called by one thread at a time, which may throw Stopped out of it.
using AnswerImage = std::function<std::string(std::span<const std::byte>)>;

/// The thread that reads images, one at a time: one may need a quarter of a gigabyte. Its stack has
/// a size of its own: that of other threads is what `ulimit -s` says, which may be too small for
/// the libraries, or too large for the memory.
class Worker {
 public:
  struct Answer {
    enum class Kind { kJson, kStopped, kFailed };
    Kind kind = Kind::kFailed;
    std::string json;
  };

  /// `notify` is called by the thread whenever there is an answer. Throws an Error if it cannot be.
  Worker(AnswerImage answer, std::function<void()> notify);
  /// Stops the image that is being read, and waits for the next of its stop points.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Starts on an image, when there is none. It is stopped at `end`.
  void start(std::string image, Time end);
  /// Stops the image, whose answer nobody wants any more. There will be an answer all the same.
  void stop_image() { is_stopping_image_ = true; }
  [[nodiscard]] std::optional<Answer> take_answer();

 private:
  static void* run_thread(void* worker);
  void run();
  [[nodiscard]] Answer read(const std::string& image, Time end);

  AnswerImage answer_image_;
  std::function<void()> notify_;
  std::mutex mutex_;
  std::condition_variable has_image_;
  std::optional<std::string> image_;
  Time end_;
  std::optional<Answer> answer_;
  bool is_over_ = false;
  std::atomic<bool> is_stopping_image_ = false;
  pthread_t thread_{};
};

}  // namespace tally::serve
