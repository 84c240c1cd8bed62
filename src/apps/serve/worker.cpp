// SPDX-License-Identifier: MIT
#include "serve/worker.hpp"

#include <exception>
#include <utility>

#include "tally/core/error.hpp"
#include "tally/core/stop_point.hpp"

namespace tally::serve {
namespace {

// Of addresses; memory is taken as it is used. The main thread's has it on most systems.
constexpr std::size_t kStackBytes = 8 << 20;

}  // namespace

Worker::Worker(AnswerImage answer, std::function<void()> notify)
    : answer_image_(std::move(answer)), notify_(std::move(notify)) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  const int error = pthread_create(&thread_, &attributes, &Worker::run_thread, this);
  pthread_attr_destroy(&attributes);
  require(error == 0, ExitCode::kFailure, "--serve: no thread to read images with ({})",
          system_error_text(error));
}

Worker::~Worker() {
  {
    const std::scoped_lock lock(mutex_);
    is_over_ = true;
    is_stopping_image_ = true;
  }
  has_image_.notify_one();
  pthread_join(thread_, nullptr);
}

void Worker::start(std::string image, Time end) {
  {
    const std::scoped_lock lock(mutex_);
    image_ = std::move(image);
    end_ = end;
    is_stopping_image_ = is_over_;
  }
  has_image_.notify_one();
}

std::optional<Worker::Answer> Worker::take_answer() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(answer_, std::nullopt);
}

void* Worker::run_thread(void* worker) {
  static_cast<Worker*>(worker)->run();
  return nullptr;
}

void Worker::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    has_image_.wait(lock, [&] { return image_ || is_over_; });
    if (is_over_) return;
    const std::string image = std::move(*image_);
    image_.reset();
    const Time end = end_;
    lock.unlock();
    Answer answer = read(image, end);
    lock.lock();
    answer_ = std::move(answer);
    notify_();
  }
}

Worker::Answer Worker::read(const std::string& image, Time end) {
  const std::function<bool()> should_stop = [&] {
    return is_stopping_image_ || Clock::now() >= end;
  };
  try {
    const Stoppable stoppable(should_stop);
    return {Answer::Kind::kJson, answer_image_(std::as_bytes(std::span(image)))};
  } catch (const Stopped&) {
    return {Answer::Kind::kStopped, {}};
  } catch (const std::exception&) {  // no memory: the others go on
    return {Answer::Kind::kFailed, {}};
  }
}

}  // namespace tally::serve
