// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "tally/core/matrix.hpp"

// The three matrix products of a dense layer. Each runs on the calling thread alone, whatever the
// environment says, and its bits depend on the shapes and values only: blocking is pinned instead
// of being derived from the machine's caches or from the number of threads.
namespace tally {

/// product [m x n] = left [m x k] * right [k x n]
void multiply(ConstMatrixView left, ConstMatrixView right, MatrixView product);

/// product [m x n] = left' * right, for left [k x m] and right [k x n]
void multiply_left_transposed(ConstMatrixView left, ConstMatrixView right, MatrixView product);

/// product [m x n] = left * right', for left [m x k] and right [n x k]
void multiply_right_transposed(ConstMatrixView left, ConstMatrixView right, MatrixView product);

/// The library behind the products, as checkpoints record it: "eigen-3.4.0".
std::string_view kernel_backend();

}  // namespace tally
