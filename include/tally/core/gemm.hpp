// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "tally/core/matrix.hpp"

// The three matrix products of a dense layer, by a library behind one interface. Each runs on the
// calling thread alone, whatever the environment says, and its bits depend on the library, the
// shapes and the values only: blocking is never derived from the machine's caches, the number of
// threads or an address.
namespace tally {

/// Whose products. kOneDnn is there if Tally was built with it, kTally if the instruction set has
/// AVX2 and fused multiply-add.
enum class Kernels { kTally, kOneDnn, kEigen };

inline constexpr std::array<std::string_view, 3> kKernelNames = {"tally", "onednn", "eigen"};

/// Whether this build has them.
bool has_kernels(Kernels kernels);

/// What the environment variable TALLY_KERNELS names, else the default of the build. Throws an
/// Error for a name that is none, or was not built in.
Kernels chosen_kernels();

/// What computes, as checkpoints record it: "tally-1", "onednn-2.6.3", "eigen-3.4.0". Those of
/// others end in "-rows8" where row_size() has multiples of 8, which they sum in another order, and
/// in what DNNL_MAX_CPU_ISA limits oneDNN to, if that changes bits: "onednn-2.6.3-avx2".
std::string kernel_backend(Kernels kernels);

/// Whether a product replaces what is in the result, or is added to it.
enum class Into { kReplace, kAdd };

/// The products of one thread. What a shape needs is made at its first use and kept, so that later
/// products of the shape cost no preparation.
class Gemm {
 public:
  Gemm() = default;
  virtual ~Gemm() = default;
  Gemm(const Gemm&) = delete;
  Gemm& operator=(const Gemm&) = delete;

  [[nodiscard]] virtual Kernels kernels() const = 0;

  /// product [m x n] = left [m x k] * right [k x n]
  virtual void multiply(ConstMatrixView left, ConstMatrixView right, MatrixView product) = 0;

  /// product [m x n] = left' * right, for left [k x m] and right [k x n]; or += that.
  virtual void multiply_left_transposed(ConstMatrixView left, ConstMatrixView right,
                                        MatrixView product, Into into) = 0;

  /// product [m x n] = left * right', for left [m x k] and right [n x k]
  virtual void multiply_right_transposed(ConstMatrixView left, ConstMatrixView right,
                                         MatrixView product) = 0;
};

std::unique_ptr<Gemm> make_gemm(Kernels kernels);

/// Whether adding left' * right, for left [k x m] and right [k x n], has the bits of computing the
/// product apart and adding it: libraries that cut k into pieces do not. Found by trying.
bool adds_exactly(Gemm& gemm, Index k, Index m, Index n);

}  // namespace tally
