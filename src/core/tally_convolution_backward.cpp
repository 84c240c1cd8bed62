// SPDX-License-Identifier: MIT
#include <algorithm>

#include "convolve_padded.hpp"
#include "nested_product.hpp"
#include "operand_copies.hpp"
#include "quad_gradient.hpp"
#include "simd.hpp"
#include "tally_convolution.hpp"

namespace tally {
namespace {

using simd::kLanes;

// Weights that the gradients of an image visit stay in the second-level cache.
constexpr Index kNearWeights = 16384;

// [kernel row][kernel column][channel][filter] -> the same from the end, with channels last.
void turn_weights(const ConvolutionShape& shape, const float* weights, float* turned) {
  const Index taps = shape.channels * shape.filters;
  const Index windows = shape.kernel_height * shape.kernel_width;
  for (Index i = 0; i < windows; ++i) {
    copy_transposed({weights + (windows - 1 - i) * taps, shape.filters}, shape.channels,
                    shape.filters, {turned + i * taps, shape.channels});
  }
}

}  // namespace

bool TallyConvolution::has_backward(bool wants_inputs) const {
  if (way_ != Way::kDense || !wants_inputs) return true;
  return shape_.stride == 1 && shape_.channels % kLanes == 0;
}

void TallyConvolution::begin_backward(const Real* weights, bool wants_inputs, Real* scratch) const {
  const Parts parts = parts_of(scratch);
  std::fill_n(parts.grad_weight, weights_size(), 0.0F);
  if (!wants_inputs) return;
  if (way_ == Way::kDense) return turn_weights(shape_, weights, parts.weights);
  // What fills vectors is added to the neighbours of a window, and has to be 0.
  if (row_vectors_ != row_taps_) std::fill_n(parts.weights, weights_size(), 0.0F);
  for (Index row = 0; row < shape_.kernel_height; ++row) {
    copy_transposed({weights + row * row_taps_ * shape_.filters, shape_.filters}, row_taps_,
                    shape_.filters,
                    {parts.weights + row * shape_.filters * row_vectors_, row_vectors_});
  }
}

void TallyConvolution::backward(const ConvolutionGradients& gradients, Real* scratch) const {
  const Parts parts = parts_of(scratch);
  const bool reads_beyond = way_ == Way::kLists && row_vectors_ != row_taps_;
  const float* inputs =
      padded(gradients.inputs, gradients.images, shape_.padding > 0 || reads_beyond, parts.inputs);
  if (way_ == Way::kLists) {
    add_listed_weights(inputs, gradients, parts);
  } else {
    for (Index i = 0; i < gradients.images; ++i) {
      const Index at = i * shape_.pooled_positions() * shape_.filters;
      const float* image = inputs + i * (shape_.padding > 0 ? image_.size() : shape_.image_size());
      if (way_ == Way::kDense) {
        add_dense_weights(image, gradients.grads + at, parts.grad_weight);
      } else {
        gather_quads(shape_, image, parts.quads);
        add_quad_gradient(shape_, parts.quads, gradients.grads + at, gradients.places + at,
                          parts.grad_weight);
      }
    }
  }
  if (gradients.grad_inputs == nullptr) return;
  for (Index i = 0; i < gradients.images; ++i) {
    const Index at = i * shape_.pooled_positions() * shape_.filters;
    float* grad_image = gradients.grad_inputs + i * shape_.image_size();
    if (way_ == Way::kDense) {
      dense_input_gradient(gradients.grads + at, parts, grad_image);
    } else {
      listed_input_gradient(gradients.grads + at, gradients.places + at, parts, grad_image);
    }
  }
}

void TallyConvolution::add_listed_weights(const float* inputs,
                                          const ConvolutionGradients& gradients,
                                          const Parts& parts) const {
  list_by_filter(shape_, {gradients.images, image_.row_size(), image_.size()}, gradients.grads,
                 gradients.places, parts.lists);
  for (Index filter = 0; filter < shape_.filters; ++filter) {
    add_listed({shape_.kernel_height, row_vectors_, inputs, image_.row_size(),
                parts.grad_weight + filter * shape_.kernel_height * row_vectors_, row_vectors_},
               parts.lists.list(filter));
  }
}

void TallyConvolution::add_dense_weights(const float* image, const float* grads,
                                         float* grad_weight) const {
  const Index row_size = image_.row_size();
  for (Index row = 0; row < shape_.kernel_height; ++row) {
    multiply_nested({row_taps_, shape_.filters, shape_.output_height(), shape_.output_width(),
                     image + row * row_size, 1, shape_.stride * row_size,
                     shape_.stride * shape_.channels, grads, shape_.output_width() * shape_.filters,
                     shape_.filters, grad_weight + row * row_taps_ * shape_.filters, shape_.filters,
                     true});
  }
}

void TallyConvolution::listed_input_gradient(const float* grads, const std::uint8_t* places,
                                             const Parts& parts, float* grad_image) const {
  const bool is_in_place = shape_.padding == 0 && row_vectors_ == row_taps_;
  float* target = is_in_place ? grad_image : parts.grads;
  std::fill_n(target, image_.size() + (is_in_place ? 0 : kLanes), 0.0F);
  list_by_place(shape_, row_vectors_, grads, places, parts.lists);
  const Index row_weights = shape_.filters * row_vectors_;
  const Index most_rows = std::clamp<Index>(kNearWeights / row_weights, 1, shape_.kernel_height);
  const Index groups = (shape_.kernel_height + most_rows - 1) / most_rows;
  for (Index group = 0; group < groups; ++group) {
    const Index row = shape_.kernel_height * group / groups;
    const Index rows = shape_.kernel_height * (group + 1) / groups - row;
    Index number = 0;
    for (Index y = 0; y < shape_.pooled_height(); ++y) {
      for (Index x = 0; x < shape_.pooled_width(); ++x) {
        for (Index place = 0; place < shape_.pool * shape_.pool; ++place, ++number) {
          const FactorList list = parts.lists.list(number);
          if (list.size == 0) continue;
          const Index sum_row = (y * shape_.pool + place / shape_.pool) * shape_.stride;
          const Index sum_column = (x * shape_.pool + place % shape_.pool) * shape_.stride;
          add_listed({rows, row_vectors_, parts.weights + row * row_weights, row_weights,
                      target + (sum_row + row) * image_.row_size() + sum_column * shape_.channels,
                      image_.row_size()},
                     list);
        }
      }
    }
  }
  if (!is_in_place) image_.copy_out(target, grad_image);
}

void TallyConvolution::dense_input_gradient(const float* grads, const Parts& parts,
                                            float* grad_image) const {
  grad_sums_.copy_in(grads, parts.grads);
  const Index row_size = grad_sums_.row_size();
  convolve_padded(
      {parts.grads, row_size, row_size, shape_.filters},
      {parts.weights, shape_.kernel_height, shape_.kernel_width * shape_.filters, shape_.channels},
      {grad_image, shape_.height, shape_.width, image_.row});
}

void TallyConvolution::end_backward(Real* scratch, Real* grad_weight) const {
  const Parts parts = parts_of(scratch);
  if (way_ != Way::kLists) {
    std::copy_n(parts.grad_weight, shape_.taps() * shape_.filters, grad_weight);
    return;
  }
  for (Index row = 0; row < shape_.kernel_height; ++row) {
    copy_transposed({parts.grad_weight + row * row_vectors_, shape_.kernel_height * row_vectors_},
                    shape_.filters, row_taps_,
                    {grad_weight + row * row_taps_ * shape_.filters, shape_.filters});
  }
}

}  // namespace tally
