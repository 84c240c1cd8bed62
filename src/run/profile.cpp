// SPDX-License-Identifier: MIT
#include "tally/run/profile.hpp"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tally/core/gemm.hpp"
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

std::array<SpanFigures, kSpanNames.size()> figures_over_ranks(const Communicator& communicator,
                                                              const SpanSeconds& own) {
  const std::vector<double> all = communicator.gather_all(std::span<const double>(own));
  std::array<SpanFigures, kSpanNames.size()> figures;
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

double measure_peak() {
  constexpr Index kSize = 1024;
  constexpr int kProducts = 9;
  const AlignedVector left(kSize * kSize, 0.5F);
  const AlignedVector right(kSize * kSize, 0.25F);
  AlignedVector product(kSize * kSize);
  const auto gemm = make_gemm(chosen_kernels());
  std::vector<double> gflops;
  for (int i = 0; i <= kProducts; ++i) {
    const auto start = Stopwatch::Clock::now();
    gemm->multiply(matrix_view(left.data(), kSize, kSize), matrix_view(right.data(), kSize, kSize),
                   matrix_view(product.data(), kSize, kSize));
    const double seconds = std::chrono::duration<double>(Stopwatch::Clock::now() - start).count();
    if (i > 0)
      gflops.push_back(2.0 * kSize * kSize * kSize / seconds * 1e-9);  // the first warms up
  }
  std::ranges::nth_element(gflops, gflops.begin() + kProducts / 2);
  return gflops[kProducts / 2];
}

// Field 22 of /proc/self/stat: when the process was started, in clock ticks since the machine was.
double seconds_since_process_start() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(std::min(text.rfind(')') + 2, text.size())));
  std::string field;
  for (int number = 3; number <= 22 && (fields >> field); ++number) continue;
  std::int64_t ticks = 0;
  timespec now{};
  if (!parse_number(field, ticks) || clock_gettime(CLOCK_BOOTTIME, &now) != 0) return 0;
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 -
         static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::string to_table(const Profile& profile) {
  std::string text = fmt::format("{:<10}{:>10}{:>10}{:>10}{:>8}\n", "seconds", "minimum", "mean",
                                 "maximum", "share");
  for (std::size_t i = 0; i < kSpanNames.size(); ++i) {
    const SpanFigures& span = profile.spans[i];
    text +=
        fmt::format("{:<10}{:>10.3f}{:>10.3f}{:>10.3f}{:>6.1f} %\n", kSpanNames[i], span.minimum,
                    span.mean, span.maximum, 100 * share(span.mean, profile.wall_seconds));
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
  for (std::size_t i = 0; i < kSpanNames.size(); ++i) {
    const SpanFigures& span = profile.spans[i];
    phases[std::string(kSpanNames[i])] = {
        {"minimum", span.minimum}, {"mean", span.mean}, {"maximum", span.maximum}};
  }
  const double evaluated_per_second =
      share(static_cast<double>(profile.evaluated_images), profile.seconds_of(Span::kEvaluate));
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
