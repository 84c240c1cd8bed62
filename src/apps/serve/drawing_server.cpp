// SPDX-License-Identifier: MIT
#include "serve/drawing_server.hpp"

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>

#include "common/json_line.hpp"
#include "common/prediction_line.hpp"
#include "common/stage_files.hpp"
#include "common/tool.hpp"
#include "serve/address.hpp"
#include "tally/core/signal_listener.hpp"
#include "tally/core/standard_streams.hpp"

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
  explicit StopAtSignal(serve::Server& server)
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
  void stop(serve::Server& server) {
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
