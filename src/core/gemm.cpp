// SPDX-License-Identifier: MIT
#include "tally/core/gemm.hpp"

namespace tally {
namespace {

// Eigen derives its blocking, and with it the order of each sum, from the cache sizes it finds.
// With these every block of a product fits EIGEN_STACK_ALLOCATION_LIMIT for layers of up to 520
// outputs, so that no product of the default network allocates.
void pin_blocking() {
  static const bool kPinned = [] {
    constexpr std::ptrdiff_t kKiB = 1024;
    Eigen::setCpuCacheSizes(32 * kKiB, 256 * kKiB, 1024 * kKiB);
    return true;
  }();
  static_cast<void>(kPinned);
}

}  // namespace

void multiply(ConstMatrixView left, ConstMatrixView right, MatrixView product) {
  pin_blocking();
  product.noalias() = left * right;
}

void multiply_left_transposed(ConstMatrixView left, ConstMatrixView right, MatrixView product) {
  pin_blocking();
  product.noalias() = left.transpose() * right;
}

void multiply_right_transposed(ConstMatrixView left, ConstMatrixView right, MatrixView product) {
  pin_blocking();
  product.noalias() = left * right.transpose();
}

std::string_view kernel_backend() {
  return "eigen-" TALLY_EIGEN_VERSION;
}

}  // namespace tally
