// SPDX-License-Identifier: MIT
#include "tally/parallel/packing.hpp"

#include <algorithm>

#include "tally/core/aligned_vector.hpp"

namespace tally {

Packing::Packing(std::int64_t vector_size, std::vector<Range> values) {
  if (values.empty()) values.push_back({0, vector_size});
  for (const Range& range : values) {
    runs_.push_back({range, size_});
    size_ += range.size();
  }
  size_ = aligned_size(size_);
}

// Calls use(elements within the block, their place in a packed vector).
template <typename Use>
void Packing::for_each_run(Range block, Use&& use) const {
  auto run =
      std::ranges::upper_bound(runs_, block.begin, {}, [](const Run& r) { return r.elements.end; });
  for (; run != runs_.end() && run->elements.begin < block.end; ++run) {
    const Range part{std::max(run->elements.begin, block.begin),
                     std::min(run->elements.end, block.end)};
    use(part, run->packed + part.begin - run->elements.begin);
  }
}

void Packing::pack(const float* elements, Range block, float* packed) const {
  for_each_run(block, [&](Range part, std::int64_t place) {
    std::copy_n(elements + part.begin - block.begin, part.size(), packed + place);
  });
}

void Packing::unpack(const float* packed, Range block, float* elements) const {
  std::fill_n(elements, block.size(), 0.0F);
  for_each_run(block, [&](Range part, std::int64_t place) {
    std::copy_n(packed + place, part.size(), elements + part.begin - block.begin);
  });
}

}  // namespace tally
