// SPDX-License-Identifier: MIT
#pragma once

#include <Eigen/Core>

#include "tally/core/aligned_vector.hpp"
#include "tally/core/index.hpp"
#include "tally/core/real.hpp"

// Views of flat memory as row-major matrices. A view owns nothing, its rows follow each other
// without gaps, and its first element stands at a multiple of 64 bytes: Eigen's vectorized sums
// and exponentials give other bits at another offset, so a misaligned view is refused.
namespace tally {

using MatrixView = Eigen::Map<Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>,
                              Eigen::Aligned64>;
using ConstMatrixView =
    Eigen::Map<const Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>,
               Eigen::Aligned64>;

/// Views `memory` as [rows x columns]. Throws std::logic_error if it is not 64-byte aligned.
MatrixView matrix_view(Real* memory, Index rows, Index columns);
ConstMatrixView matrix_view(const Real* memory, Index rows, Index columns);

/// The same memory, to be read only.
inline ConstMatrixView read_only(const MatrixView& view) {
  return {view.data(), view.rows(), view.cols()};
}

}  // namespace tally
