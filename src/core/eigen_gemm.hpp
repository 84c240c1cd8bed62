// SPDX-License-Identifier: MIT
#pragma once

#include "tally/core/gemm.hpp"

// Private to layer core.
namespace tally {

class EigenGemm : public Gemm {
 public:
  EigenGemm();
  [[nodiscard]] Kernels kernels() const override { return Kernels::kEigen; }

  void multiply(ConstMatrixView left, ConstMatrixView right, MatrixView product) override;
  void multiply_left_transposed(ConstMatrixView left, ConstMatrixView right, MatrixView product,
                                Into into) override;
  void multiply_right_transposed(ConstMatrixView left, ConstMatrixView right,
                                 MatrixView product) override;
};

}  // namespace tally
