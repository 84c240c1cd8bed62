// SPDX-License-Identifier: MIT
#include "tally/core/gemm.hpp"

#include <algorithm>
#include <cstdlib>

#include "eigen_gemm.hpp"
#include "tally/core/direct_convolution.hpp"
#include "tally/core/error.hpp"
#include "tally/core/random.hpp"
#include "tally/core/text.hpp"
#ifdef TALLY_HAS_ONEDNN
#include "onednn_gemm.hpp"
#include "onednn_instructions.hpp"
#endif
#ifdef TALLY_HAS_OWN_KERNELS
#include "tally_convolution.hpp"
#include "tally_gemm.hpp"
#endif

namespace tally {
namespace {

#ifdef TALLY_HAS_ONEDNN
constexpr bool kHasOneDnn = true;
#else
constexpr bool kHasOneDnn = false;
#endif
#ifdef TALLY_HAS_OWN_KERNELS
constexpr bool kHasOwn = true;
#else
constexpr bool kHasOwn = false;
#endif

// Other bits would need another name: bump it with every change of the order or kind of additions.
constexpr std::string_view kOwnBackend = "tally-1";
// The libraries sum rows of another length in another order.
constexpr std::string_view kRowsOfBackend = kRowElements == kAlignmentElements ? "" : "-rows8";

Kernels kernels_named(std::string_view name) {
  const auto found = std::ranges::find(kKernelNames, name);
  require(found != kKernelNames.end(), ExitCode::kUsage,
          "TALLY_KERNELS: expected tally, onednn or eigen, got \"{}\"", printable(name));
  return static_cast<Kernels>(found - kKernelNames.begin());
}

Kernels kernels_of_environment() {
  const char* text = std::getenv("TALLY_KERNELS");
  if (text == nullptr || *text == '\0') return kernels_named(TALLY_DEFAULT_KERNELS);
  const Kernels kernels = kernels_named(text);
  require(has_kernels(kernels) || kernels != Kernels::kOneDnn, ExitCode::kUsage,
          "TALLY_KERNELS: this build is without oneDNN; install libdnnl-dev and build again, or "
          "unset it");
  require(has_kernels(kernels), ExitCode::kUsage,
          "TALLY_KERNELS: this build is without Tally's own kernels, which need AVX2; build with "
          "-DTALLY_ARCH=x86-64-v3, or unset it");
  return kernels;
}

AlignedVector random_vector(Index size, std::uint32_t item) {
  AlignedVector values(size);
  RandomStream stream(0, Purpose::kInitialize, 0, item);
  for (Real& value : values) value = static_cast<Real>(stream.uniform() - 0.5);
  return values;
}

}  // namespace

bool has_kernels(Kernels kernels) {
  switch (kernels) {
    case Kernels::kTally:
      return kHasOwn;
    case Kernels::kOneDnn:
      return kHasOneDnn;
    case Kernels::kEigen:
      return true;
  }
  return false;
}

Kernels chosen_kernels() {
  const Kernels kernels = kernels_of_environment();
#ifdef TALLY_HAS_ONEDNN
  if (kernels == Kernels::kOneDnn) static_cast<void>(named_onednn_limit());  // refuses odd names
#endif
  return kernels;
}

std::string kernel_backend(Kernels kernels) {
#ifdef TALLY_HAS_ONEDNN
  if (kernels == Kernels::kOneDnn) {
    const dnnl::version_t& version = *dnnl::version();
    const std::string_view limit = named_onednn_limit();
    return fmt::format("onednn-{}.{}.{}{}{}{}", version.major, version.minor, version.patch,
                       kRowsOfBackend, limit.empty() ? "" : "-", limit);
  }
#endif
  if (kernels == Kernels::kTally) return std::string(kOwnBackend);
  return fmt::format("eigen-" TALLY_EIGEN_VERSION "{}", kRowsOfBackend);
}

std::unique_ptr<Gemm> make_gemm(Kernels kernels) {
#ifdef TALLY_HAS_OWN_KERNELS
  if (kernels == Kernels::kTally) return std::make_unique<TallyGemm>();
#endif
#ifdef TALLY_HAS_ONEDNN
  if (kernels == Kernels::kOneDnn) return std::make_unique<OneDnnGemm>();
#endif
  static_cast<void>(kernels);
  return std::make_unique<EigenGemm>();
}

std::unique_ptr<DirectConvolution> make_direct_convolution(const ConvolutionShape& shape) {
#ifdef TALLY_HAS_OWN_KERNELS
  return make_tally_convolution(shape);
#else
  static_cast<void>(shape);
  return nullptr;
#endif
}

bool adds_exactly(Gemm& gemm, Index k, Index m, Index n) {
  const AlignedVector left_values = random_vector(k * m, 1);
  const AlignedVector right_values = random_vector(k * n, 2);
  AlignedVector product(m * n);
  AlignedVector sum = random_vector(m * n, 3);
  AlignedVector expected = sum;
  const ConstMatrixView left = matrix_view(left_values.data(), k, m);
  const ConstMatrixView right = matrix_view(right_values.data(), k, n);
  gemm.multiply_left_transposed(left, right, matrix_view(product.data(), m, n), Into::kReplace);
  gemm.multiply_left_transposed(left, right, matrix_view(sum.data(), m, n), Into::kAdd);
  for (std::size_t i = 0; i < product.size(); ++i) expected[i] += product[i];
  return sum == expected;
}

}  // namespace tally
