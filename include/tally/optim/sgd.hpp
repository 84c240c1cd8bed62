// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/core/range.hpp"
#include "tally/core/real.hpp"
#include "tally/optim/decay_kind.hpp"

namespace tally {

/// Stochastic gradient descent as PyTorch's torch.optim.SGD computes it (dampening 0):
///   g = gradient + weight_decay * w
///   v = momentum * v + g
///   w = w - learning_rate * (nesterov ? g + momentum * v : v)
/// Without momentum there is no velocity, and v stays as it is. Where parameters have roles, what
/// does not decay is updated with a weight_decay of 0.
struct Sgd {
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 0;
  DecayKind decay = DecayKind::kWeights;
  friend bool operator==(const Sgd&, const Sgd&) = default;
};

/// The gradient of one step: a sum over samples, and what makes it their mean.
struct GradientSum {
  std::span<const Real> sum;
  std::int64_t samples = 0;
};

/// Updates elements of the flat vectors. Each element depends on itself alone, so that the vectors
/// may be updated in any slices.
void update(const Sgd& sgd, double learning_rate, const GradientSum& gradient,
            std::span<Real> velocity, std::span<Real> parameters);

/// Moves statistics of the data, which are not learned, by a share of the way towards what was
/// measured in a step: s = s + share * (sum / samples - s).
void update_statistic(double share, const GradientSum& measured, std::span<Real> statistics);

/// How each element of flat vectors is updated. Neighbours that are updated alike make one run, so
/// that most networks without decay are one.
class ElementUpdates {
 public:
  /// What begins where the last addition ended, up to `end`, is learned, or is a statistic that
  /// moves by `share`.
  void add_learned(std::int64_t end, const Sgd& sgd) { add({end, true, 0, sgd}); }
  void add_statistic(std::int64_t end, double share) { add({end, false, share, {}}); }

  /// Updates the elements `block`, of which `sum` is the gradient, of flat vectors.
  void apply(Range block, const GradientSum& sum, double learning_rate, Real* velocity,
             Real* parameters) const;

 private:
  struct Run {
    std::int64_t end = 0;
    bool is_learned = true;
    double share = 0;  // of the way that a statistic moves
    Sgd sgd;
  };
  void add(const Run& run);

  std::vector<Run> runs_;
};

}  // namespace tally
