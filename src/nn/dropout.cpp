// SPDX-License-Identifier: MIT
#include "tally/nn/dropout.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "tally/core/text.hpp"

namespace tally {

std::optional<DropoutSpec> DropoutSpec::parse(const SpecToken& token) {
  constexpr std::string_view kPrefix = "dropout:";
  if (!token.text.starts_with(kPrefix)) return std::nullopt;
  DropoutSpec spec;
  // Written so that a NaN is refused.
  const bool is_valid = parse_number(token.text.substr(kPrefix.size()), spec.share) &&
                        spec.share >= 0 && spec.share < 1;
  if (!is_valid) {
    token.refuse(
        "needs the share of its inputs to drop, at least 0 and below 1, as in dropout:0.5");
  }
  return spec;
}

std::unique_ptr<Layer> DropoutSpec::make_layer(Shape input) const {
  return std::make_unique<Dropout>(input, *this);
}

Dropout::Dropout(Shape shape, const DropoutSpec& spec)
    : Layer(shape, shape),
      dropped_below_(static_cast<std::uint64_t>(std::llround(std::ldexp(spec.share, 32)))),
      kept_factor_(static_cast<Real>(1 / (1 - spec.share))) {}

void Dropout::draw_factors(Index row, const Pass& pass) const {
  assert(pass.batch.samples.size() == static_cast<std::size_t>(pass.batch.rows));
  RandomStream stream(pass.batch.seed, at_position(Purpose::kDropOut, pass.position),
                      pass.batch.epoch, pass.batch.samples[static_cast<std::size_t>(row)]);
  Real* factors = pass.saved + row * input().size();
  for (Index j = 0; j < input().size(); ++j) {
    factors[j] = stream.next() < dropped_below_ ? 0 : kept_factor_;
  }
}

void Dropout::forward(const Real* /*parameters*/, ConstMatrixView inputs, MatrixView outputs,
                      const Pass& pass) const {
  if (pass.batch.mode == Mode::kEvaluate) {
    std::copy_n(inputs.data(), inputs.size(), outputs.data());
    return;
  }
  for (Index row = 0; row < inputs.rows(); ++row) draw_factors(row, pass);
  for (Index i = 0; i < inputs.size(); ++i) outputs.data()[i] = inputs.data()[i] * pass.saved[i];
}

void Dropout::backward(const Real* /*parameters*/, const Gradients& gradients,
                       const Pass& pass) const {
  if (gradients.grad_inputs == nullptr) return;
  for (Index i = 0; i < gradients.grad_outputs.size(); ++i) {
    gradients.grad_inputs->data()[i] = gradients.grad_outputs.data()[i] * pass.saved[i];
  }
}

}  // namespace tally
