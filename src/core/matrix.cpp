// SPDX-License-Identifier: MIT
#include "tally/core/matrix.hpp"

#include <cstdint>
#include <stdexcept>

namespace tally {
namespace {

void refuse_misaligned(const Real* memory) {
  if (reinterpret_cast<std::uintptr_t>(memory) % kAlignmentBytes != 0) {
    throw std::logic_error("matrix_view: the memory is not aligned to 64 bytes");
  }
}

}  // namespace

MatrixView matrix_view(Real* memory, Index rows, Index columns) {
  refuse_misaligned(memory);
  return {memory, rows, columns};
}

ConstMatrixView matrix_view(const Real* memory, Index rows, Index columns) {
  refuse_misaligned(memory);
  return {memory, rows, columns};
}

}  // namespace tally
