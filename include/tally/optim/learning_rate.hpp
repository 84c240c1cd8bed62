// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

// Learning rates as pure functions of the samples seen so far: nothing to save, and nothing that
// changes with the number of ranks.
namespace tally {

/// With s samples seen of S in the whole run, and a peak rate:
///   constant   peak
///   step       peak * step_factor^floor(s / step_samples)
///   cosine     peak * (1 + cos(pi s/S)) / 2 (Loshchilov and Hutter 2017, without restarts)
///   one-cycle  a half cosine from peak/25 up to peak at 0.3 S, another down to peak/250 000 at S
///              (Smith and Topin 2018, with the constants of PyTorch's OneCycleLR)
/// Warm-up multiplies the first warmup_steps steps by 1/warmup_steps, 2/warmup_steps, ... 1.
enum class ScheduleKind { kConstant, kStep, kCosine, kOneCycle };

inline constexpr std::array<std::string_view, 4> kScheduleNames = {"constant", "step", "cosine",
                                                                   "one-cycle"};

struct LearningRateSchedule {
  ScheduleKind kind = ScheduleKind::kConstant;
  double peak = 0.1;
  std::int64_t total_samples = 0;  ///< of the whole run: epochs times training samples
  std::int64_t step_samples = 0;   ///< for kStep
  double step_factor = 0.1;        ///< for kStep
  std::int64_t warmup_samples = 0;
  std::int64_t batch_size = 1;

  /// The learning rate of the step that starts when `samples_seen` samples have been used.
  [[nodiscard]] double at(std::int64_t samples_seen) const;
};

/// Whether another length of the run would have changed earlier learning rates.
bool depends_on_length(ScheduleKind kind);

}  // namespace tally
