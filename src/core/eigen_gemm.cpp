// SPDX-License-Identifier: MIT
#include "eigen_gemm.hpp"

namespace tally {

// Eigen derives its blocking, and with it the order of each sum, from the cache sizes it finds.
// With these every block of a product fits EIGEN_STACK_ALLOCATION_LIMIT for layers of up to 520
// outputs, so that no product of the default network allocates.
EigenGemm::EigenGemm() {
  static const bool kPinned = [] {
    constexpr std::ptrdiff_t kKiB = 1024;
    Eigen::setCpuCacheSizes(32 * kKiB, 256 * kKiB, 1024 * kKiB);
    return true;
  }();
  static_cast<void>(kPinned);
}

void EigenGemm::multiply(ConstMatrixView left, ConstMatrixView right, MatrixView product) {
  product.noalias() = left * right;
}

void EigenGemm::multiply_left_transposed(ConstMatrixView left, ConstMatrixView right,
                                         MatrixView product, Into into) {
  if (into == Into::kReplace) {
    product.noalias() = left.transpose() * right;
  } else {
    product.noalias() += left.transpose() * right;
  }
}

void EigenGemm::multiply_right_transposed(ConstMatrixView left, ConstMatrixView right,
                                          MatrixView product) {
  product.noalias() = left * right.transpose();
}

}  // namespace tally
