// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tally/core/aligned_vector.hpp"
#include "tally/core/index.hpp"
#include "tally/core/range.hpp"

// Where each matrix of a network lies in a flat vector. Parameters, gradients and velocities are
// one flat vector each with the same layout, so that reduction, update, checkpoint and digest are
// each one pass over one array. Every matrix starts at a multiple of 64 bytes, and every row of it
// at a whole vector, which products are a tenth faster for; the gaps hold zeros.
namespace tally {

/// What a block of parameters is for, on which depends how steps change it.
///   weight     learned; weight decay is made for these
///   bias       learned, and decays only where a recipe says so
///   scale      learned, and never decays
///   statistic  not learned: in a leaf's gradient it is rows times what was measured on them, the
///              sum over the leaves divided by the samples of the step is the mean, and the update
///              moves the parameter towards that by a fixed share
enum class Role { kWeight, kBias, kScale, kStatistic };

/// What checkpoints call them.
inline constexpr std::array<std::string_view, 4> kRoleNames = {"weight", "bias", "scale",
                                                               "statistic"};
constexpr std::string_view name_of(Role role) {
  return kRoleNames[static_cast<std::size_t>(role)];
}

/// Whether it has a gradient and a velocity.
constexpr bool is_learned(Role role) {
  return role != Role::kStatistic;
}

/// The shape of one kind of parameters of a layer, as the layer declares it.
struct ParameterShape {
  std::string kind;  ///< what it is stored by: "weight" [inputs x outputs] or "bias" [1 x outputs]
  Role role = Role::kWeight;
  Index rows = 0;
  Index columns = 0;
  double share = 0.1;  ///< of the way that a statistic moves in a step
  double least = std::numeric_limits<double>::lowest();  ///< that it can be
};

struct ParameterBlock {
  std::string layer;  ///< "0-dense": position and kind of the layer
  ParameterShape shape;
  std::size_t offset = 0;  ///< in elements, from the start of the flat vector

  /// "0-dense/weight"
  [[nodiscard]] std::string name() const { return layer + "/" + shape.kind; }

  /// Parameters, without the gaps.
  [[nodiscard]] std::size_t size() const {
    return static_cast<std::size_t>(shape.rows * shape.columns);
  }
  /// From one row to the next.
  [[nodiscard]] std::size_t stride() const {
    return row_size(static_cast<std::size_t>(shape.columns));
  }
  /// Elements of the flat vector, with the gaps behind rows.
  [[nodiscard]] std::size_t room() const { return static_cast<std::size_t>(shape.rows) * stride(); }

  /// Row `row` of this block in a flat vector, without the gap behind it.
  template <typename Element>
  [[nodiscard]] std::span<Element> row(std::span<Element> vector, Index row) const {
    return vector.subspan(offset + static_cast<std::size_t>(row) * stride(),
                          static_cast<std::size_t>(shape.columns));
  }

  /// The parameters of this block in a flat vector, row after row without gaps.
  [[nodiscard]] std::vector<Real> values(std::span<const Real> vector) const;
  /// The reverse.
  void put(std::span<const Real> values, std::span<Real> vector) const;
};

class ParameterLayout {
 public:
  /// Appends one block per shape and returns the offset of the first.
  std::size_t append(const std::string& layer, const std::vector<ParameterShape>& shapes);

  [[nodiscard]] const std::vector<ParameterBlock>& blocks() const { return blocks_; }

  /// Elements of a flat vector, gaps included: a multiple of kAlignmentElements.
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Parameters without the gaps: all of them, or those that are learned.
  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] std::size_t learned_count() const;

  /// The elements of each row of each block: all of a flat vector but the gaps.
  [[nodiscard]] std::vector<Range> rows() const;

  /// The first block of that layer with that role, which must exist.
  [[nodiscard]] const ParameterBlock& block(std::string_view layer, Role role) const;

  /// The block that holds element `element` of a flat vector.
  [[nodiscard]] const ParameterBlock& block_of(std::size_t element) const;

 private:
  std::vector<ParameterBlock> blocks_;
  std::size_t size_ = 0;
};

}  // namespace tally
