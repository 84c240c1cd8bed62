// SPDX-License-Identifier: MIT
#include "tally/run/profile.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

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
  std::string activities;
  for (std::size_t i = 0; i < kActivityNames.size(); ++i) {
    const ActivityFigures& figures = profile.activities[i];
    activities += fmt::format("{}\"{}\": {{\"minimum\": {}, \"mean\": {}, \"maximum\": {}}}",
                              i == 0 ? "" : ", ", kActivityNames[i], figures.minimum, figures.mean,
                              figures.maximum);
  }
  return fmt::format(
      R"({{"ranks": {}, "threads": {}, "workers": {}, "batch_size": {}, "micro_batch": {}, )"
      R"("network": "{}", "kernels": "{}", "samples": {}, "steps": {}, "wall_seconds": {}, )"
      R"("train_seconds": {}, "samples_per_second": {}, "flops_per_sample": {}, "gflops": {}, )"
      R"("peak_gflops": {}, "share_of_peak": {}, "first_step_seconds": {}, )"
      R"("evaluate_images_per_second": {}, "phases": {{{}}}}})",
      profile.ranks, profile.threads, profile.workers, profile.batch_size, profile.micro_batch,
      profile.network, profile.kernels, profile.samples, profile.steps, profile.wall_seconds,
      profile.train_seconds(), profile.samples_per_second(), profile.operations_per_sample,
      profile.gflops(), profile.peak_gflops, profile.share_of_peak(), profile.first_step_seconds,
      share(static_cast<double>(profile.evaluated_images), profile.seconds_of(Activity::kEvaluate)),
      activities);
}

}  // namespace tally
