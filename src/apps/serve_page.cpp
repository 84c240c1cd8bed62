// SPDX-License-Identifier: MIT
#include "serve_page.hpp"

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>

#include <fmt/ranges.h>

#include "page_address.hpp"
#include "tally/core/signal_listener.hpp"
#include "tally/core/standard_streams.hpp"
#include "tool.hpp"

namespace tally {
namespace {

constexpr int kAllClasses = 256;

// How long what is being worked on may take to notice that it shall stop.
constexpr auto kLongestStop = std::chrono::milliseconds(1500);

/// While it lives, INT and TERM end nothing but `server`. If it does not end in time, they end the
/// process: there is nothing to lose, and no client may keep it alive.
class StopAtSignal {
 public:
  /// OpenCV brings OpenBLAS, which starts threads before main.
  explicit StopAtSignal(PageServer& server)
      : listener_(
            {SIGINT, SIGTERM}, [this, &server](int /*signal_number*/) { stop(server); },
            SignalListener::EarlierThreads::kPassOn) {}
  ~StopAtSignal() {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    over_.notify_all();
  }
  StopAtSignal(const StopAtSignal&) = delete;
  StopAtSignal& operator=(const StopAtSignal&) = delete;

 private:
  void stop(PageServer& server) {
    std::unique_lock lock(mutex_);
    if (is_over_) return;
    server.stop();
    if (!over_.wait_for(lock, kLongestStop, [this] { return is_over_; })) end_process();
  }

  [[noreturn]] static void end_process() {
    print_error("tally-predict", "ended in the middle of an image, which did not stop in time");
    std::_Exit(static_cast<int>(ExitCode::kDone));
  }

  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_ = false;
  SignalListener listener_;
};

/// {"answers": [what --json prints, ...], "pixels": [28 x 28 numbers for each, ...]}
std::string json_answer(const std::vector<Prediction>& predictions) {
  std::string answers, pixels;
  for (const Prediction& prediction : predictions) {
    const char* const comma = answers.empty() ? "" : ",";
    answers += comma + json_line(prediction);
    pixels += fmt::format("{}[{}]", comma, fmt::join(prediction.digit.pixels, ","));
  }
  return fmt::format("{{\"answers\":[{}],\"pixels\":[{}]}}\n", answers, pixels);
}

}  // namespace

void serve_page(const TrainedModel& model, const std::string& model_name,
                const PredictorOptions& predictor_options, const PageServerOptions& options) {
  PredictorOptions of_page = predictor_options;
  of_page.top_count = kAllClasses;
  Predictor predictor(model, model_name, of_page);
  PageServer server(options, [&](std::span<const std::byte> image) {
    return json_answer(predictor.predict(image, "drawing"));
  });
  const StopAtSignal stop(server);
  if (!is_loopback(options.address)) {
    print_warning("tally-predict",
                  fmt::format("whoever reaches {} can use the page", options.address));
  }
  fmt::print("{}\nOpen this address in a browser and draw; Ctrl-C ends it.\n", server.url());
  flush_output();
  server.serve();
}

}  // namespace tally
