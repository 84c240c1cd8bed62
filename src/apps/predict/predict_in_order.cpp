// SPDX-License-Identifier: MIT
#include "predict/predict_in_order.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "tally/core/thread_team.hpp"

namespace tally {
namespace {

/// The names that the files' stages begin with: theirs without the directory, and with the number
/// of the file where several have that name.
std::vector<std::string> stages_names(const std::vector<std::string>& files) {
  std::map<std::string, int> uses;
  std::vector<std::string> names;
  for (const std::string& file : files) {
    names.push_back(std::filesystem::path(file).filename().string());
    ++uses[names.back()];
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (uses[names[i]] > 1) names[i] = fmt::format("{}-{}", i + 1, names[i]);
  }
  return names;
}

/// Hands on what comes in any order, in order.
class InOrder {
 public:
  InOrder(std::size_t count, const std::function<void(const ShownPrediction&)>& take)
      : waiting_(count), take_(take) {}

  void add(std::size_t index, std::vector<ShownPrediction> predictions) {
    const std::scoped_lock lock(mutex_);
    waiting_[index] = std::move(predictions);
    for (; next_ < waiting_.size() && waiting_[next_]; ++next_) {
      std::ranges::for_each(*waiting_[next_], take_);
      waiting_[next_]->clear();
    }
  }

 private:
  std::mutex mutex_;
  std::vector<std::optional<std::vector<ShownPrediction>>> waiting_;
  std::size_t next_ = 0;
  const std::function<void(const ShownPrediction&)>& take_;
};

}  // namespace

void predict_in_order(const TrainedModel& model, const std::string& model_name,
                      const std::vector<std::string>& files, const InOrderOptions& options,
                      const std::function<void(const ShownPrediction&)>& take) {
  const std::vector<std::string> names = stages_names(files);
  InOrder in_order(files.size(), take);
  std::atomic<std::size_t> next = 0;
  const auto most = static_cast<int>(std::min<std::size_t>(files.size(), 4096));
  ThreadTeam(std::min(options.threads, most)).run([&](int /*member*/) {
    Predictor predictor(model, model_name, options.predictor);
    for (std::size_t i = next++; i < files.size(); i = next++) {
      in_order.add(i, predict_and_show(predictor, files[i], names[i], options.views));
    }
  });
}

}  // namespace tally
