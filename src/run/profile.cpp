// SPDX-License-Identifier: MIT
#include "tally/run/profile.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tally/core/text.hpp"

namespace tally {
namespace {

std::string rounded(double value) {
  return grouped(std::llround(value));
}

double share(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

}  // namespace

double Profile::samples_per_second() const {
  return share(static_cast<double>(samples), train_seconds());
}

double Profile::gflops() const {
  return samples_per_second() * static_cast<double>(operations_per_sample) * 1e-9;
}

double Profile::share_of_peak() const {
  return share(gflops(), peak_gflops * static_cast<double>(workers));
}

std::array<ActivityFigures, kActivityNames.size()> figures_over_ranks(
    const Communicator& communicator, const ActivitySeconds& own) {
  const std::vector<double> all = communicator.gather_all(std::span<const double>(own));
  std::array<ActivityFigures, kActivityNames.size()> figures;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    figures[i] = {own[i], 0, own[i]};
    for (std::size_t at = i; at < all.size(); at += figures.size()) {
      figures[i].minimum = std::min(figures[i].minimum, all[at]);
      figures[i].maximum = std::max(figures[i].maximum, all[at]);
      figures[i].mean += all[at] / communicator.size();
    }
  }
  return figures;
}

std::string to_table(const Profile& profile) {
  std::string text = fmt::format("{:<10}{:>10}{:>10}{:>10}{:>8}\n", "seconds", "minimum", "mean",
                                 "maximum", "share");
  for (std::size_t i = 0; i < kActivityNames.size(); ++i) {
    const ActivityFigures& figures = profile.activities[i];
    text += fmt::format("{:<10}{:>10.3f}{:>10.3f}{:>10.3f}{:>6.1f} %\n", kActivityNames[i],
                        figures.minimum, figures.mean, figures.maximum,
                        100 * share(figures.mean, profile.wall_seconds));
  }
  text += fmt::format(
      "{} ranks x {} threads, {}, batch {} = {} x {}, {}\n"
      "{} samples in {} steps: {:.3f} s of training, {:.3f} s in all\n"
      "{} samples/s, {:.1f} GFLOP/s: {:.1f} % of {} x {:.1f} (a 1024 x 1024 GEMM on one core)\n"
      "first step {:.2f} s after the start of the process",
      profile.ranks, profile.threads, profile.network, profile.batch_size,
      profile.batch_size / profile.micro_batch, profile.micro_batch, profile.kernels,
      grouped(profile.samples), grouped(profile.steps), profile.train_seconds(),
      profile.wall_seconds, rounded(profile.samples_per_second()), profile.gflops(),
      100 * profile.share_of_peak(), profile.workers, profile.peak_gflops,
      profile.first_step_seconds);
  return text;
}

std::string to_json(const Profile& profile) {
  nlohmann::ordered_json phases;
  for (std::size_t i = 0; i < kActivityNames.size(); ++i) {
    const ActivityFigures& figures = profile.activities[i];
    phases[std::string(kActivityNames[i])] = {
        {"minimum", figures.minimum}, {"mean", figures.mean}, {"maximum", figures.maximum}};
  }
  const double evaluated_per_second =
      share(static_cast<double>(profile.evaluated_images), profile.seconds_of(Activity::kEvaluate));
  const nlohmann::ordered_json json = {{"ranks", profile.ranks},
                                       {"threads", profile.threads},
                                       {"workers", profile.workers},
                                       {"batch_size", profile.batch_size},
                                       {"micro_batch", profile.micro_batch},
                                       {"network", profile.network},
                                       {"kernels", profile.kernels},
                                       {"samples", profile.samples},
                                       {"steps", profile.steps},
                                       {"wall_seconds", profile.wall_seconds},
                                       {"train_seconds", profile.train_seconds()},
                                       {"samples_per_second", profile.samples_per_second()},
                                       {"flops_per_sample", profile.operations_per_sample},
                                       {"gflops", profile.gflops()},
                                       {"peak_gflops", profile.peak_gflops},
                                       {"share_of_peak", profile.share_of_peak()},
                                       {"first_step_seconds", profile.first_step_seconds},
                                       {"evaluate_images_per_second", evaluated_per_second},
                                       {"phases", phases}};
  return json.dump(2);
}

}  // namespace tally
