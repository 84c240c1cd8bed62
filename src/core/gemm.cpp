// SPDX-License-Identifier: MIT
#include "tally/core/gemm.hpp"

#include <algorithm>
#include <cstdlib>

#include "eigen_gemm.hpp"
#include "tally/core/error.hpp"
#include "tally/core/random.hpp"
#ifdef TALLY_HAS_ONEDNN
#include "onednn_gemm.hpp"
#include "onednn_instructions.hpp"
#endif

namespace tally {
namespace {

#ifdef TALLY_HAS_ONEDNN
constexpr bool kHasOneDnn = true;
#else
constexpr bool kHasOneDnn = false;
#endif

AlignedVector random_vector(Index size, std::uint32_t item) {
  AlignedVector values(static_cast<std::size_t>(size));
  RandomStream stream(0, Purpose::kInitialize, 0, item);
  for (Real& value : values) value = static_cast<Real>(stream.uniform() - 0.5);
  return values;
}

}  // namespace

Kernels chosen_kernels() {
  const char* text = std::getenv("TALLY_KERNELS");
  if (text == nullptr || *text == '\0') return kHasOneDnn ? Kernels::kOneDnn : Kernels::kEigen;
  const auto found = std::ranges::find(kKernelNames, std::string_view(text));
  require(found != kKernelNames.end(), ExitCode::kUsage,
          "TALLY_KERNELS: expected onednn or eigen, got \"{}\"", text);
  const auto kernels = static_cast<Kernels>(found - kKernelNames.begin());
  require(kernels != Kernels::kOneDnn || kHasOneDnn, ExitCode::kUsage,
          "TALLY_KERNELS: this build is without oneDNN; install libdnnl-dev and build again, or "
          "unset it");
  return kernels;
}

std::string kernel_backend(Kernels kernels) {
#ifdef TALLY_HAS_ONEDNN
  if (kernels == Kernels::kOneDnn) {
    const dnnl::version_t& version = *dnnl::version();
    const std::string_view limit = named_onednn_limit();
    return fmt::format("onednn-{}.{}.{}{}{}", version.major, version.minor, version.patch,
                       limit.empty() ? "" : "-", limit);
  }
#endif
  static_cast<void>(kernels);
  return "eigen-" TALLY_EIGEN_VERSION;
}

std::unique_ptr<Gemm> make_gemm(Kernels kernels) {
#ifdef TALLY_HAS_ONEDNN
  if (kernels == Kernels::kOneDnn) return std::make_unique<OneDnnGemm>();
#endif
  static_cast<void>(kernels);
  return std::make_unique<EigenGemm>();
}

bool adds_exactly(Gemm& gemm, Index k, Index m, Index n) {
  const AlignedVector left_values = random_vector(k * m, 1);
  const AlignedVector right_values = random_vector(k * n, 2);
  AlignedVector product(static_cast<std::size_t>(m * n));
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
