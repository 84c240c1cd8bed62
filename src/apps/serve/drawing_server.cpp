// SPDX-License-Identifier: MIT
#include "serve/drawing_server.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <thread>

#include <pthread.h>

#include "common/json_line.hpp"
#include "common/prediction_line.hpp"
#include "common/stage_files.hpp"
#include "common/tool.hpp"
#include "serve/address.hpp"
#include "tally/core/standard_streams.hpp"

namespace tally {
namespace {

constexpr int kAllClasses = 256;

// How long what is being worked on may take to notice that it shall stop.
constexpr auto kLongestStop = std::chrono::milliseconds(1500);

// Threads that libraries start before main (OpenBLAS, which OpenCV brings) block no signal, and
// would let it end the process: they pass it on to the thread that waits for it.
std::atomic<pthread_t> waiting_thread;
static_assert(std::atomic<pthread_t>::is_always_lock_free);

extern "C" void pass_on(int number) {
  pthread_kill(waiting_thread, number);
}

/// While it lives, INT and TERM end nothing but `server`. If it does not end in time, they end the
/// process: there is nothing to lose, and no client may keep it alive.
class StopAtSignal {
 public:
  explicit StopAtSignal(serve::Server& server) {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, &previous_);  // inherited by all threads from here on
    waiting_ = std::thread([this, &server] {
      int number = 0;
      sigwait(&signals_, &number);
      if (is_over_) return;
      server.stop();
      wait_for_end();
    });
    waiting_thread = waiting_.native_handle();
    struct sigaction action {};
    action.sa_handler = pass_on;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, &previous_int_);
    sigaction(SIGTERM, &action, &previous_term_);
  }
  ~StopAtSignal() {
    is_over_ = true;
    sigaction(SIGINT, &previous_int_, nullptr);
    sigaction(SIGTERM, &previous_term_, nullptr);
    pthread_kill(waiting_.native_handle(), SIGTERM);  // for when no signal came
    waiting_.join();
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
  }
  StopAtSignal(const StopAtSignal&) = delete;
  StopAtSignal& operator=(const StopAtSignal&) = delete;

 private:
  [[noreturn]] static void end_process() {
    print_error("tally-predict", "ended in the middle of an image, which did not stop in time");
    std::_Exit(static_cast<int>(ExitCode::kDone));
  }

  void wait_for_end() const {
    const auto end = std::chrono::steady_clock::now() + kLongestStop;
    while (!is_over_) {
      const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(
          end - std::chrono::steady_clock::now());
      if (rest.count() <= 0) end_process();
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(rest);
      const timespec wait{seconds.count(), (rest - seconds).count()};
      sigtimedwait(&signals_, nullptr, &wait);  // another signal, or the destructor's
    }
  }

  sigset_t signals_{};
  sigset_t previous_{};
  struct sigaction previous_int_ {};
  struct sigaction previous_term_ {};
  std::atomic<bool> is_over_ = false;
  std::thread waiting_;
};

/// {"answers": [what --json prints, ...], "pixels": [28 x 28 numbers for each, ...]}
std::string json_answer(const std::vector<Prediction>& predictions) {
  nlohmann::ordered_json answer = {{"answers", nlohmann::ordered_json::array()},
                                   {"pixels", nlohmann::ordered_json::array()}};
  for (const Prediction& prediction : predictions) {
    answer["answers"].push_back(to_json(prediction));
    answer["pixels"].push_back(prediction.digit.pixels);
  }
  return json_line(answer) + "\n";
}

}  // namespace

void serve_drawings(const TrainedModel& model, const std::string& model_name,
                    const DrawingServerOptions& options) {
  constexpr const char* kName = "drawing";
  PredictorOptions all_classes = options.predictor;
  all_classes.top_count = kAllClasses;
  Predictor predictor(model, model_name, all_classes);
  PageViewer view;
  if (!options.stages_directory.empty()) {
    view = [&](const GreyImage& page, const PreparedPage& prepared) {
      write_stages(options.stages_directory, kName, page, prepared);
    };
  }
  serve::Server server(options.server, [&](std::span<const std::byte> image) {
    return json_answer(predictor.predict(image, kName, view));
  });
  const StopAtSignal stop(server);
  const std::string& address = options.server.address;
  if (!serve::is_loopback(address)) {
    print_warning("tally-predict", fmt::format("whoever reaches {} can use the page", address));
  }
  fmt::print("{}\nOpen this address in a browser and draw; Ctrl-C ends it.\n", server.url());
  flush_output();
  server.serve();
}

}  // namespace tally
