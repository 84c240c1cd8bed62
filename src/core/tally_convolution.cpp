// SPDX-License-Identifier: MIT
#include "tally_convolution.hpp"

#include <algorithm>

#include "convolve_padded.hpp"
#include "largest.hpp"
#include "quad_gradient.hpp"
#include "tally/core/aligned_vector.hpp"

namespace tally {
namespace {

using simd::kLanes;

// Inputs that the gradients of all filters visit stay in the nearest cache.
constexpr Index kNearInputs = 6144;
constexpr Index kMostImages = 8;

constexpr Index in_vectors(Index size) {
  return (size + kLanes - 1) / kLanes * kLanes;
}

PaddedImage input_of(const ConvolutionShape& shape) {
  return {shape.height, shape.width * shape.channels, shape.padding,
          shape.padding * shape.channels};
}

// So far out that a window lies around each input.
PaddedImage grad_sums_of(const ConvolutionShape& shape) {
  return {shape.output_height(), shape.output_width() * shape.filters,
          shape.kernel_height - 1 - shape.padding,
          (shape.kernel_width - 1 - shape.padding) * shape.filters};
}

// kPool = 0 stands for any.
template <Index kPool>
void take_largest_of(const ConvolutionShape& shape, const float* sums, float* largest,
                     std::uint8_t* places) {
  const Index pool = kPool == 0 ? shape.pool : kPool;
  const Index row_size = shape.output_width() * shape.filters;
  for (Index y = 0; y < shape.pooled_height(); ++y) {
    for (Index x = 0; x < shape.pooled_width(); ++x) {
      const float* corner = sums + y * pool * row_size + x * pool * shape.filters;
      for (Index filter = 0; filter < shape.filters; filter += kLanes) {
        simd::Largest found(simd::load(corner + filter));
        for (Index place = 1; place < pool * pool; ++place) {
          found.take(
              simd::load(corner + place / pool * row_size + place % pool * shape.filters + filter),
              static_cast<int>(place));
        }
        simd::store(largest + filter, found.value());
        if (places != nullptr) found.store_places(places + filter);
      }
      largest += shape.filters;
      if (places != nullptr) places += shape.filters;
    }
  }
}

}  // namespace

bool TallyConvolution::takes(const ConvolutionShape& shape) {
  // Places in lists are numbers of 32 bits.
  constexpr Index kMost = Index{1} << 28;
  const Index weights = shape.filters * in_vectors(shape.kernel_width * shape.channels);
  return shape.filters % kLanes == 0 && weights < kMost && input_of(shape).size() < kMost;
}

TallyConvolution::TallyConvolution(const ConvolutionShape& shape)
    : shape_(shape),
      image_(input_of(shape)),
      grad_sums_(grad_sums_of(shape)),
      way_(shape.pool == 1            ? Way::kDense
           : has_quad_gradient(shape) ? Way::kQuads
                                      : Way::kLists),
      row_taps_(shape.kernel_width * shape.channels),
      row_vectors_(in_vectors(row_taps_)),
      images_at_once_(way_ == Way::kLists
                          ? std::clamp<Index>(kNearInputs / image_.size(), 1, kMostImages)
                          : 1) {}

Index TallyConvolution::weights_size() const {
  return shape_.kernel_height * (way_ == Way::kDense ? row_taps_ : row_vectors_) * shape_.filters;
}

TallyConvolution::Parts TallyConvolution::parts_of(Real* scratch) const {
  Index used = 0;
  const auto part = [&](Index size) {
    float* begin = scratch == nullptr ? nullptr : scratch + used;
    used += static_cast<Index>(aligned_size(static_cast<std::size_t>(size)));
    return begin;
  };
  // Numbers are read and written up to the end of the last vector.
  const bool has_lists = way_ != Way::kDense;
  const Index listed = images_at_once_ * shape_.pooled_positions() * shape_.filters + kListSlack;
  const Index lists =
      std::max(shape_.filters, shape_.pooled_positions() * shape_.pool * shape_.pool) + 1;
  Parts parts{};
  parts.inputs = part(images_at_once_ * image_.size() + kLanes);
  parts.grads = part(has_lists ? image_.size() + kLanes : grad_sums_.size());
  parts.weights = part(weights_size());
  parts.grad_weight = part(weights_size());
  parts.quads = part(way_ == Way::kQuads ? quads_size(shape_) : 0);
  parts.lists.factors = part(has_lists ? listed : 0);
  parts.lists.offsets = reinterpret_cast<std::int32_t*>(part(has_lists ? listed : 0));
  parts.lists.begins = reinterpret_cast<std::int32_t*>(part(has_lists ? lists : 0));
  parts.size = used;
  return parts;
}

Index TallyConvolution::scratch_size() const {
  return parts_of(nullptr).size;
}

// Where images are read that lie one after the other: in place, or in copies with their padding.
const float* TallyConvolution::padded(const float* images, Index count, bool is_copied,
                                      float* copies) const {
  if (!is_copied) return images;
  for (Index i = 0; i < count; ++i) {
    image_.copy_in(images + i * shape_.image_size(), copies + i * image_.size());
  }
  return copies;
}

void TallyConvolution::convolve(const Real* image, const Real* weights, Real* scratch,
                                Real* sums) const {
  const float* source = padded(image, 1, shape_.padding > 0, parts_of(scratch).inputs);
  const Index row_size = image_.row_size();
  convolve_padded({source, row_size, shape_.stride * row_size, shape_.stride * shape_.channels},
                  {weights, shape_.kernel_height, row_taps_, shape_.filters},
                  {sums, shape_.pooled_height() * shape_.pool, shape_.pooled_width() * shape_.pool,
                   shape_.output_width() * shape_.filters});
}

void TallyConvolution::take_largest(const Real* sums, Real* largest, std::uint8_t* places) const {
  if (shape_.pool == 2) return take_largest_of<2>(shape_, sums, largest, places);
  take_largest_of<0>(shape_, sums, largest, places);
}

std::unique_ptr<DirectConvolution> make_tally_convolution(const ConvolutionShape& shape) {
  if (!TallyConvolution::takes(shape)) return nullptr;
  return std::make_unique<TallyConvolution>(shape);
}

}  // namespace tally
