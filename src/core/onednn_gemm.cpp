// SPDX-License-Identifier: MIT
#include "onednn_gemm.hpp"

#include <algorithm>

#include <omp.h>

#include "tally/core/error.hpp"

namespace tally {
namespace {

void check(dnnl_status_t status, std::string_view call) {
  if (status == dnnl_success) return;
  if (status == dnnl_out_of_memory) throw std::bad_alloc();
  fail(ExitCode::kFailure, "oneDNN: {} failed with status {}", call, static_cast<int>(status));
}

// The instructions that Tally itself was compiled for, so that one build computes the same bits on
// any processor that can run it.
constexpr dnnl_cpu_isa_t instructions() {
#if defined(__AVX512F__)
  return dnnl_cpu_isa_avx512_core;
#elif defined(__AVX2__)
  return dnnl_cpu_isa_avx2;
#else
  return dnnl_cpu_isa_sse41;
#endif
}

dnnl_memory_desc_t matrix(Index rows, Index columns, bool is_transposed) {
  dnnl_memory_desc_t description;
  const dnnl_dims_t sizes = {rows, columns};
  check(dnnl_memory_desc_init_by_tag(&description, 2, sizes, dnnl_f32,
                                     is_transposed ? dnnl_ba : dnnl_ab),
        "dnnl_memory_desc_init_by_tag");
  return description;
}

class Attributes {
 public:
  explicit Attributes(Into into) {
    check(dnnl_primitive_attr_create(&attributes_), "dnnl_primitive_attr_create");
    check(dnnl_primitive_attr_set_scratchpad_mode(attributes_, dnnl_scratchpad_mode_user),
          "dnnl_primitive_attr_set_scratchpad_mode");
    // An environment variable of oneDNN would allow bfloat16 otherwise.
    check(dnnl_primitive_attr_set_fpmath_mode(attributes_, dnnl_fpmath_mode_strict),
          "dnnl_primitive_attr_set_fpmath_mode");
    if (into == Into::kReplace) return;
    check(dnnl_post_ops_create(&after_), "dnnl_post_ops_create");
    check(dnnl_post_ops_append_sum(after_, 1), "dnnl_post_ops_append_sum");
    check(dnnl_primitive_attr_set_post_ops(attributes_, after_),
          "dnnl_primitive_attr_set_post_ops");
  }
  ~Attributes() {
    if (after_ != nullptr) dnnl_post_ops_destroy(after_);
    dnnl_primitive_attr_destroy(attributes_);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  [[nodiscard]] dnnl_primitive_attr_t get() const { return attributes_; }

 private:
  dnnl_primitive_attr_t attributes_ = nullptr;
  dnnl_post_ops_t after_ = nullptr;
};

class OwnedMemory {
 public:
  OwnedMemory(const dnnl_memory_desc_t& description, dnnl_engine_t engine, void* values) {
    check(dnnl_memory_create(&memory_, &description, engine, values), "dnnl_memory_create");
  }
  ~OwnedMemory() { dnnl_memory_destroy(memory_); }
  OwnedMemory(const OwnedMemory&) = delete;
  OwnedMemory& operator=(const OwnedMemory&) = delete;

  [[nodiscard]] dnnl_memory_t get() const { return memory_; }
  void point_to(const Real* values) {
    check(dnnl_memory_set_data_handle(memory_, const_cast<Real*>(values)),
          "dnnl_memory_set_data_handle");
  }

 private:
  dnnl_memory_t memory_ = nullptr;
};

class Description {
 public:
  Description(const dnnl_matmul_desc_t& operation, Into into, dnnl_engine_t engine) {
    const Attributes attributes(into);
    check(dnnl_primitive_desc_create(&description_, &operation, attributes.get(), engine, nullptr),
          "dnnl_primitive_desc_create");
  }
  ~Description() { dnnl_primitive_desc_destroy(description_); }
  Description(const Description&) = delete;
  Description& operator=(const Description&) = delete;

  [[nodiscard]] dnnl_primitive_desc_t get() const { return description_; }
  [[nodiscard]] std::string implementation() const {
    const char* name = nullptr;
    check(dnnl_primitive_desc_query(description_, dnnl_query_impl_info_str, 0,
                                    static_cast<void*>(&name)),
          "dnnl_primitive_desc_query");
    return name;
  }
  [[nodiscard]] const dnnl_memory_desc_t& scratchpad() const {
    return *dnnl_primitive_desc_query_md(description_, dnnl_query_scratchpad_md, 0);
  }

 private:
  dnnl_primitive_desc_t description_ = nullptr;
};

dnnl_matmul_desc_t operation(const dnnl_memory_desc_t& left, const dnnl_memory_desc_t& right,
                             const dnnl_memory_desc_t& product) {
  dnnl_matmul_desc_t description;
  check(dnnl_matmul_desc_init(&description, &left, &right, nullptr, &product),
        "dnnl_matmul_desc_init");
  return description;
}

}  // namespace

class OneDnnGemm::Product {
 public:
  Product(const Shape& shape, dnnl_engine_t engine)
      : shape_(shape),
        left_type_(matrix(shape.m, shape.k, shape.form == Form::kLeftTransposed)),
        right_type_(matrix(shape.k, shape.n, shape.form == Form::kRightTransposed)),
        product_type_(matrix(shape.m, shape.n, false)),
        description_(operation(left_type_, right_type_, product_type_), shape.into, engine),
        left_(left_type_, engine, DNNL_MEMORY_NONE),
        right_(right_type_, engine, DNNL_MEMORY_NONE),
        product_(product_type_, engine, DNNL_MEMORY_NONE),
        scratch_(dnnl_memory_desc_get_size(&description_.scratchpad())),
        scratchpad_(description_.scratchpad(), engine,
                    scratch_.empty() ? DNNL_MEMORY_NONE : static_cast<void*>(scratch_.data())) {
    // What oneDNN has no kernel for it computes all the same, hundreds of times slower.
    const std::string implementation = description_.implementation();
    require(!implementation.starts_with("ref"), ExitCode::kFailure,
            "oneDNN has no kernel for a product of [{} x {}] and [{} x {}] (it offers \"{}\"); "
            "set TALLY_KERNELS=eigen",
            shape.m, shape.k, shape.k, shape.n, implementation);
    check(dnnl_primitive_create(&primitive_, description_.get()), "dnnl_primitive_create");
  }
  ~Product() {
    if (primitive_ != nullptr) dnnl_primitive_destroy(primitive_);
  }
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;

  [[nodiscard]] const Shape& shape() const { return shape_; }

  void run(dnnl_stream_t stream, const Real* left, const Real* right, Real* product) {
    left_.point_to(left);
    right_.point_to(right);
    product_.point_to(product);
    const std::array<dnnl_exec_arg_t, 4> arguments = {{{DNNL_ARG_SRC, left_.get()},
                                                       {DNNL_ARG_WEIGHTS, right_.get()},
                                                       {DNNL_ARG_DST, product_.get()},
                                                       {DNNL_ARG_SCRATCHPAD, scratchpad_.get()}}};
    check(dnnl_primitive_execute(primitive_, stream, static_cast<int>(arguments.size()),
                                 arguments.data()),
          "dnnl_primitive_execute");
  }

 private:
  Shape shape_;
  dnnl_memory_desc_t left_type_, right_type_, product_type_;
  Description description_;
  OwnedMemory left_, right_, product_;
  AlignedArray<std::byte> scratch_;
  OwnedMemory scratchpad_;
  dnnl_primitive_t primitive_ = nullptr;
};

OneDnnGemm::OneDnnGemm() {
  // Refused once products were made; it is the same each time.
  static_cast<void>(dnnl_set_max_cpu_isa(instructions()));
  check(dnnl_engine_create(&engine_, dnnl_cpu, 0), "dnnl_engine_create");
  check(dnnl_stream_create(&stream_, engine_, dnnl_stream_default_flags), "dnnl_stream_create");
}

OneDnnGemm::~OneDnnGemm() {
  products_.clear();
  dnnl_stream_destroy(stream_);
  dnnl_engine_destroy(engine_);
}

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
  product_of(shape).run(stream_, left.data(), right.data(), product.data());
}

OneDnnGemm::Product& OneDnnGemm::product_of(const Shape& shape) {
  const auto found = std::ranges::find_if(
      products_, [&](const auto& product) { return product->shape() == shape; });
  if (found != products_.end()) return **found;
  products_.push_back(std::make_unique<Product>(shape, engine_));
  return *products_.back();
}

}  // namespace tally
