// SPDX-License-Identifier: MIT
#include "tally/nn/convolution.hpp"

#include <algorithm>

#include "pool_places.hpp"
#include "windows.hpp"

namespace tally {
namespace {

// Windows of so many numbers at once fit in the second-level cache.
constexpr Index kMostGathered = 1 << 16;

Index aligned(Index size) {
  return static_cast<Index>(aligned_size(static_cast<std::size_t>(size)));
}

Index images_in_a_product(const ConvolutionShape& shape) {
  return std::max<Index>(1, kMostGathered / (shape.positions() * shape.taps()));
}

void put(const Real* from, Index count, Into into, Real* to) {
  for (Index i = 0; i < count; ++i) to[i] = into == Into::kReplace ? from[i] : to[i] + from[i];
}

}  // namespace

// Parts of a thread's scratch. Images are those of a product, or of a call of the direct kernels.
struct Convolution::Scratch {
  Real* windows;      // [images x positions x taps]; what the direct kernels work with
  Real* sums;         // [images x positions x stride_], and their gradient
  Real* grads;        // [images x pooled positions x filters]
  Real* grad_weight;  // [taps x stride_]
  Real* grad_bias;    // [filters]
  Index size;
};

Convolution::Convolution(Shape input, const ConvolutionSpec& spec)
    : Layer(input, spec.output(input)),
      shape_(spec.shape(input)),
      activation_(spec.activation),
      stride_(static_cast<Index>(row_size(static_cast<std::size_t>(spec.filters)))),
      images_at_once_(images_in_a_product(shape_)),
      bias_offset_(aligned_size(static_cast<std::size_t>(shape_.taps() * stride_))),
      direct_(make_direct_convolution(shape_)) {}

std::vector<ParameterShape> Convolution::parameter_shapes() const {
  return {{"weight", Role::kWeight, shape_.taps(), shape_.filters},
          {"bias", Role::kBias, 1, shape_.filters}};
}

void Convolution::initialize_parameters(Initializer initializer, RandomStream& stream,
                                        Real* parameters) const {
  const ParameterBlock block{"", parameter_shapes().front(), 0};
  std::vector<Real> weights(block.size());
  const Index window = shape_.kernel_height * shape_.kernel_width;
  initialize(initializer, shape_.taps(), window * shape_.filters, weights,
             {parameters + bias_offset_, static_cast<std::size_t>(shape_.filters)}, stream);
  block.put(weights, {parameters, block.room()});
}

Convolution::Scratch Convolution::scratch_at(Real* memory) const {
  Index used = 0;
  const auto part = [&](Index size) {
    const Index begin = used;
    used += aligned(size);
    return memory == nullptr ? nullptr : memory + begin;
  };
  const Index positions = images_at_once_ * shape_.positions();
  const Index images = direct_ == nullptr ? 1 : direct_->images_at_once();
  Scratch scratch{};
  scratch.windows =
      part(std::max(positions * shape_.taps(), direct_ == nullptr ? 0 : direct_->scratch_size()));
  scratch.sums = part(positions * stride_);
  scratch.grads = part(images * output().size());
  scratch.grad_weight = part(shape_.taps() * stride_);
  scratch.grad_bias = part(shape_.filters);
  scratch.size = used;
  return scratch;
}

Index Convolution::scratch_size(Index /*rows*/) const {
  return scratch_at(nullptr).size;
}

Index Convolution::saved_columns() const {
  if (shape_.pool == 1) return 0;
  constexpr auto kBytes = static_cast<Index>(sizeof(Real));
  return (output().size() + kBytes - 1) / kBytes;
}

// Eigen's GEMM stands for what every machine has.
bool Convolution::is_direct(const Pass& pass) const {
  return direct_ != nullptr && pass.gemm.kernels() != Kernels::kEigen;
}

// Of an image, in what is saved from forward to backward.
std::uint8_t* Convolution::places(const Pass& pass, Index image) const {
  if (pass.saved == nullptr || shape_.pool == 1) return nullptr;
  return reinterpret_cast<std::uint8_t*>(pass.saved) + image * output().size();
}

void Convolution::forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
                          const Pass& pass) const {
  if (is_direct(pass)) return forward_direct(parameters, inputs, outputs, pass);
  forward_gathered(parameters, inputs, outputs, pass);
}

void Convolution::forward_gathered(const Real* parameters, ConstMatrixView inputs,
                                   MatrixView outputs, const Pass& pass) const {
  const Scratch scratch = scratch_at(pass.scratch);
  const Index positions = shape_.positions();
  const Real* bias = parameters + bias_offset_;
  for (Index first = 0; first < inputs.rows(); first += images_at_once_) {
    const Index images = std::min(images_at_once_, inputs.rows() - first);
    for (Index i = 0; i < images; ++i) {
      gather_windows(shape_, inputs.data() + (first + i) * inputs.cols(),
                     scratch.windows + i * positions * shape_.taps());
    }
    pass.gemm.multiply(read_only(matrix_view(scratch.windows, images * positions, shape_.taps())),
                       weight(parameters), matrix_view(scratch.sums, images * positions, stride_));
    for (Index i = 0; i < images; ++i) {
      const Real* sums = scratch.sums + i * positions * stride_;
      Real* image_outputs = outputs.data() + (first + i) * outputs.cols();
      if (shape_.pool == 1) {
        add_bias_and_activate(activation_, {sums, positions, shape_.filters, stride_}, bias,
                              {image_outputs, positions, shape_.filters, shape_.filters});
      } else {
        take_largest(shape_, {sums, stride_}, image_outputs, places(pass, first + i));
        activate_in_place(bias, image_outputs);
      }
    }
  }
}

void Convolution::forward_direct(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
                                 const Pass& pass) const {
  const Scratch scratch = scratch_at(pass.scratch);
  for (Index i = 0; i < inputs.rows(); ++i) {
    Real* image_outputs = outputs.data() + i * outputs.cols();
    Real* sums = shape_.pool == 1 ? image_outputs : scratch.sums;
    direct_->convolve(inputs.data() + i * inputs.cols(), parameters, scratch.windows, sums);
    if (shape_.pool > 1) direct_->take_largest(sums, image_outputs, places(pass, i));
    activate_in_place(parameters + bias_offset_, image_outputs);
  }
}

void Convolution::activate_in_place(const Real* bias, Real* outputs) const {
  const Rows<Real> rows{outputs, shape_.pooled_positions(), shape_.filters, shape_.filters};
  add_bias_and_activate(activation_, {outputs, rows.count, rows.columns, rows.stride}, bias, rows);
}

// The sums over a micro-batch are made apart and put into the leaf at the end: so adding has the
// bits of an addition afterwards.
void Convolution::backward(const Real* parameters, const Gradients& gradients,
                           const Pass& pass) const {
  const Scratch scratch = scratch_at(pass.scratch);
  std::fill_n(scratch.grad_bias, shape_.filters, Real{0});
  if (is_direct(pass) && direct_->has_backward(gradients.grad_inputs != nullptr)) {
    backward_direct(parameters, gradients, pass);
  } else {
    backward_gathered(parameters, gradients, pass);
  }
  put(scratch.grad_weight, shape_.taps() * stride_, gradients.into, gradients.grad_parameters);
  put(scratch.grad_bias, shape_.filters, gradients.into, gradients.grad_parameters + bias_offset_);
}

void Convolution::backward_direct(const Real* parameters, const Gradients& gradients,
                                  const Pass& pass) const {
  const Scratch scratch = scratch_at(pass.scratch);
  const bool wants_inputs = gradients.grad_inputs != nullptr;
  const Index filters = shape_.filters;
  direct_->begin_backward(parameters, wants_inputs, scratch.windows);
  const Index most_images = direct_->images_at_once();
  for (Index first = 0; first < gradients.inputs.rows(); first += most_images) {
    const Index images = std::min(most_images, gradients.inputs.rows() - first);
    const Index count = images * shape_.pooled_positions();
    const Index at = first * output().size();
    differentiate(activation_, {gradients.outputs.data() + at, count, filters, filters},
                  {gradients.grad_outputs.data() + at, count, filters, filters},
                  {scratch.grads, count, filters, filters}, scratch.grad_bias, Into::kAdd);
    const Index input_at = first * input().size();
    direct_->backward(
        {images, gradients.inputs.data() + input_at, scratch.grads, places(pass, first),
         wants_inputs ? gradients.grad_inputs->data() + input_at : nullptr},
        scratch.windows);
  }
  direct_->end_backward(scratch.windows, scratch.grad_weight);
}

void Convolution::backward_gathered(const Real* parameters, const Gradients& gradients,
                                    const Pass& pass) const {
  const Scratch scratch = scratch_at(pass.scratch);
  const Index positions = shape_.positions();
  const MatrixView grad_weight = weight(scratch.grad_weight);
  for (Index first = 0; first < gradients.inputs.rows(); first += images_at_once_) {
    const Index images = std::min(images_at_once_, gradients.inputs.rows() - first);
    for (Index i = 0; i < images; ++i) {
      gather_gradient(gradients, pass, first + i, scratch.sums + i * positions * stride_);
      gather_windows(shape_, gradients.inputs.data() + (first + i) * input().size(),
                     scratch.windows + i * positions * shape_.taps());
    }
    const MatrixView windows = matrix_view(scratch.windows, images * positions, shape_.taps());
    const ConstMatrixView grad_sums =
        read_only(matrix_view(scratch.sums, images * positions, stride_));
    pass.gemm.multiply_left_transposed(read_only(windows), grad_sums, grad_weight,
                                       first == 0 ? Into::kReplace : Into::kAdd);
    if (gradients.grad_inputs == nullptr) continue;
    pass.gemm.multiply_right_transposed(grad_sums, weight(parameters), windows);
    for (Index i = 0; i < images; ++i) {
      Real* grad_image = gradients.grad_inputs->data() + (first + i) * input().size();
      std::fill_n(grad_image, input().size(), Real{0});
      scatter_windows(shape_, scratch.windows + i * positions * shape_.taps(), grad_image);
    }
  }
}

// The gradient of an image's sums, [positions x stride_], with zeros where a pool took none.
void Convolution::gather_gradient(const Gradients& gradients, const Pass& pass, Index image,
                                  Real* grad_sums) const {
  const Scratch scratch = scratch_at(pass.scratch);
  const Index count = shape_.pooled_positions();
  const Index filters = shape_.filters;
  const Index at = image * output().size();
  const bool is_pooled = shape_.pool > 1;
  if (is_pooled || stride_ > filters) std::fill_n(grad_sums, shape_.positions() * stride_, Real{0});
  const Rows<Real> grads{is_pooled ? scratch.grads : grad_sums, count, filters,
                         is_pooled ? filters : stride_};
  differentiate(activation_, {gradients.outputs.data() + at, count, filters, filters},
                {gradients.grad_outputs.data() + at, count, filters, filters}, grads,
                scratch.grad_bias, Into::kAdd);
  if (is_pooled) {
    put_at_places(shape_, scratch.grads, places(pass, image), {grad_sums, stride_});
  }
}

}  // namespace tally
