// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include <dnnl.hpp>

#include "tally/core/gemm.hpp"

// Private to layer core.
namespace tally {

/// Products by oneDNN's matmul primitives, one for each shape. They work in memory of their own, so
/// that a product of a known shape takes none that is larger than its list of arguments.
class OneDnnGemm : public Gemm {
 public:
  OneDnnGemm();
  ~OneDnnGemm() override;
  [[nodiscard]] Kernels kernels() const override { return Kernels::kOneDnn; }

  void multiply(ConstMatrixView left, ConstMatrixView right, MatrixView product) override;
  void multiply_left_transposed(ConstMatrixView left, ConstMatrixView right, MatrixView product,
                                Into into) override;
  void multiply_right_transposed(ConstMatrixView left, ConstMatrixView right,
                                 MatrixView product) override;

 private:
  enum class Form { kPlain, kLeftTransposed, kRightTransposed };

  struct Shape {
    Form form;
    Into into;
    Index m, n, k;
    friend bool operator==(const Shape&, const Shape&) = default;
  };

  class Product;

  void run(const Shape& shape, ConstMatrixView left, ConstMatrixView right, MatrixView product);
  Product& product_of(const Shape& shape);

  dnnl::engine engine_;
  dnnl::stream stream_;
  std::vector<std::unique_ptr<Product>> products_;
};

}  // namespace tally
