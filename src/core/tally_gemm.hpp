// SPDX-License-Identifier: MIT
#pragma once

#include "product_strip.hpp"
#include "tally/core/aligned_vector.hpp"
#include "tally/core/gemm.hpp"

// Private to layer core.
namespace tally {

/// Products by Tally's own kernels, for instruction sets with fused multiply-add. Element (i, j) is
/// fma(left(i, k-1), right(k-1, j), ... fma(left(i, 0), right(0, j), 0)): its bits depend on row i
/// of the left and column j of the right operand alone, not on the shapes around them, and adding
/// has the bits of an addition afterwards.
class TallyGemm : public Gemm {
 public:
  [[nodiscard]] Kernels kernels() const override { return Kernels::kTally; }

  void multiply(ConstMatrixView left, ConstMatrixView right, MatrixView product) override;
  void multiply_left_transposed(ConstMatrixView left, ConstMatrixView right, MatrixView product,
                                Into into) override;
  void multiply_right_transposed(ConstMatrixView left, ConstMatrixView right,
                                 MatrixView product) override;

 private:
  // Operands from some place on.
  struct Left {
    LeftOrder order;
    const float* values;
    Index stride;
    [[nodiscard]] Left from(Index row, Index l) const;
  };
  struct Right {
    bool is_transposed;
    const float* values;
    Index stride;
    [[nodiscard]] Right from(Index l, Index column) const;
    /// Whether its strips are copied, in a product of so many columns.
    [[nodiscard]] bool is_copied(Index columns) const;
  };
  // Some rows and columns of the product, over some of the depth.
  struct Part {
    Index rows, columns, depth;
    float* product;
    Index stride;
    Sum sum;
  };

  void multiply(const Left& left, const Right& right, Index depth, MatrixView product, Sum sum);
  void multiply_part(const Left& left, const Right& right, const Part& part);
  void multiply_edge(const Left& left, const Right& right, const Part& part);
  void multiply_vectors(const Left& left, const Right& right, const Part& part) const;
  void copy_left(const Left& left, const Part& part);
  Right copy_right(const Right& right, const Part& strip);

  AlignedVector left_copy_, right_copy_, edge_;
  bool copies_left_ = false;
};

}  // namespace tally
