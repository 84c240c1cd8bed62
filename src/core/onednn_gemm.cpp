// SPDX-License-Identifier: MIT
#include "onednn_gemm.hpp"

#include <algorithm>

#include <omp.h>

#include "onednn_instructions.hpp"
#include "tally/core/error.hpp"

namespace tally {
namespace {

[[noreturn]] void report(const dnnl::error& error) {
  if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
  fail(ExitCode::kFailure, "oneDNN: {} (status {})", error.what(), static_cast<int>(error.status));
}

dnnl::memory::desc matrix(Index rows, Index columns, bool is_transposed) {
  using dnnl::memory;
  return {{rows, columns},
          memory::data_type::f32,
          is_transposed ? memory::format_tag::ba : memory::format_tag::ab};
}

dnnl::primitive_attr attributes(Into into) {
  dnnl::primitive_attr result;
  result.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  // An environment variable of oneDNN would allow bfloat16 otherwise.
  result.set_fpmath_mode(dnnl::fpmath_mode::strict);
  if (into == Into::kAdd) {
    dnnl::post_ops after;
    after.append_sum();
    result.set_post_ops(after);
  }
  return result;
}

using Description = dnnl::matmul::primitive_desc;

Description description(const dnnl::memory::desc& left, const dnnl::memory::desc& right,
                        const dnnl::memory::desc& product, Into into, const dnnl::engine& engine) {
#if DNNL_VERSION_MAJOR < 3
  return {dnnl::matmul::desc(left, right, product), attributes(into), engine};
#else
  return {engine, left, right, product, attributes(into)};
#endif
}

}  // namespace

class OneDnnGemm::Product {
 public:
  Product(const Shape& shape, const dnnl::engine& engine)
      : shape_(shape),
        description_(description(matrix(shape.m, shape.k, shape.form == Form::kLeftTransposed),
                                 matrix(shape.k, shape.n, shape.form == Form::kRightTransposed),
                                 matrix(shape.m, shape.n, false), shape.into, engine)),
        left_(description_.src_desc(), engine, DNNL_MEMORY_NONE),
        right_(description_.weights_desc(), engine, DNNL_MEMORY_NONE),
        product_(description_.dst_desc(), engine, DNNL_MEMORY_NONE),
        scratch_(description_.scratchpad_desc().get_size()),
        scratchpad_(description_.scratchpad_desc(), engine,
                    scratch_.empty() ? DNNL_MEMORY_NONE : static_cast<void*>(scratch_.data())) {
    // What oneDNN has no kernel for it computes all the same, hundreds of times slower.
    const std::string implementation = description_.impl_info_str();
    require(!implementation.starts_with("ref"), ExitCode::kFailure,
            "oneDNN has no kernel for a product of [{} x {}] and [{} x {}] (it offers \"{}\"); "
            "set TALLY_KERNELS=eigen",
            shape.m, shape.k, shape.k, shape.n, implementation);
    primitive_ = dnnl::matmul(description_);
  }

  [[nodiscard]] const Shape& shape() const { return shape_; }

  // By the function of C: that of C++ takes its arguments as a hash table, and copies it.
  void run(const dnnl::stream& stream, const Real* left, const Real* right, Real* product) {
    left_.set_data_handle(const_cast<Real*>(left));
    right_.set_data_handle(const_cast<Real*>(right));
    product_.set_data_handle(product);
    dnnl::error::wrap_c_api(
        dnnl_primitive_execute(primitive_.get(), stream.get(), static_cast<int>(arguments_.size()),
                               arguments_.data()),
        "could not execute a matmul primitive");
  }

 private:
  Shape shape_;
  Description description_;
  dnnl::memory left_, right_, product_;
  AlignedArray<std::byte> scratch_;
  dnnl::memory scratchpad_;
  dnnl::matmul primitive_;
  const std::array<dnnl_exec_arg_t, 4> arguments_ = {{{DNNL_ARG_SRC, left_.get()},
                                                      {DNNL_ARG_WEIGHTS, right_.get()},
                                                      {DNNL_ARG_DST, product_.get()},
                                                      {DNNL_ARG_SCRATCHPAD, scratchpad_.get()}}};
};

OneDnnGemm::OneDnnGemm() try {
  limit_onednn_instructions();
  engine_ = dnnl::engine(dnnl::engine::kind::cpu, 0);
  stream_ = dnnl::stream(engine_);
} catch (const dnnl::error& error) {
  report(error);
}

OneDnnGemm::~OneDnnGemm() = default;

void OneDnnGemm::multiply(ConstMatrixView left, ConstMatrixView right, MatrixView product) {
  run({Form::kPlain, Into::kReplace, product.rows(), product.cols(), left.cols()}, left, right,
      product);
}

void OneDnnGemm::multiply_left_transposed(ConstMatrixView left, ConstMatrixView right,
                                          MatrixView product, Into into) {
  run({Form::kLeftTransposed, into, product.rows(), product.cols(), left.rows()}, left, right,
      product);
}

void OneDnnGemm::multiply_right_transposed(ConstMatrixView left, ConstMatrixView right,
                                           MatrixView product) {
  run({Form::kRightTransposed, Into::kReplace, product.rows(), product.cols(), left.cols()}, left,
      right, product);
}

void OneDnnGemm::run(const Shape& shape, ConstMatrixView left, ConstMatrixView right,
                     MatrixView product) {
  // oneDNN would share a product out over OpenMP's default number of threads, and round otherwise.
  omp_set_num_threads(1);
  try {
    product_of(shape).run(stream_, left.data(), right.data(), product.data());
  } catch (const dnnl::error& error) {
    report(error);
  }
}

OneDnnGemm::Product& OneDnnGemm::product_of(const Shape& shape) {
  const auto found = std::ranges::find_if(
      products_, [&](const auto& product) { return product->shape() == shape; });
  if (found != products_.end()) return **found;
  products_.push_back(std::make_unique<Product>(shape, engine_));
  return *products_.back();
}

}  // namespace tally
