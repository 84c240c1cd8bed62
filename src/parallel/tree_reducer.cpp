// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>

#include "tally/parallel/gradient_reducer.hpp"

namespace tally {
namespace {

constexpr std::size_t kBlockElements = Communicator::kBlockBytes / sizeof(float);

// A message is one block with the sender's flags, then its slice of each of the sender's partials.
Range message_after(Range previous, std::int64_t partials, Range slice) {
  const std::int64_t blocks =
      1 + partials * slice.size() / static_cast<std::int64_t>(kBlockElements);
  return {previous.end, previous.end + blocks};
}

float* block_at(AlignedArray<float>& buffer, std::int64_t block) {
  return buffer.data() + block * static_cast<std::int64_t>(kBlockElements);
}

}  // namespace

TreeReducer::TreeReducer(const Communicator& communicator, const ThreadTeam& team,
                         std::size_t vector_size)
    : communicator_(communicator), team_(team), total_(vector_size) {
  const auto block = static_cast<std::int64_t>(kBlockElements);
  const Range whole{0, static_cast<std::int64_t>(vector_size)};
  for (int rank = 0; rank < communicator.size(); ++rank) {
    const Range slice = part_of(whole, communicator.size(), rank, block);
    slices_.push_back(slice);
    slice_blocks_.push_back({slice.begin / block, slice.end / block});
  }
  sent_.resize(slices_.size());
  received_.resize(slices_.size());
}

ReducedStep TreeReducer::reduce(LeafSums& sums, std::uint32_t flags) {
  const std::span<float* const> partials = sums.merge(team_);
  if (communicator_.size() == 1) return {{partials.front(), total_.size()}, flags};
  lay_out_exchange(sums.plan());
  pack(partials, flags);
  communicator_.exchange(std::as_bytes(std::span(send_)), sent_,
                         std::as_writable_bytes(std::span(receive_)), received_);
  sum_own_slice(sums.plan());
  communicator_.complete(std::as_writable_bytes(std::span(total_)), slice_blocks_);
  return {total_, received_flags()};
}

// The same for all steps of a leaf count; the buffers grow in the first one.
void TreeReducer::lay_out_exchange(const ReductionPlan& plan) {
  const auto own = static_cast<std::size_t>(communicator_.rank());
  Range sent, received;
  std::int64_t partials = 0;
  for (std::size_t rank = 0; rank < slices_.size(); ++rank) {
    sent = sent_[rank] = message_after(sent, plan.partial_counts[own], slices_[rank]);
    received = received_[rank] = message_after(received, plan.partial_counts[rank], slices_[own]);
    partials += plan.partial_counts[rank];
  }
  send_.resize(std::max(send_.size(), static_cast<std::size_t>(sent.end) * kBlockElements));
  receive_.resize(
      std::max(receive_.size(), static_cast<std::size_t>(received.end) * kBlockElements));
  partial_slices_.reserve(static_cast<std::size_t>(partials));
}

void TreeReducer::pack(std::span<float* const> partials, std::uint32_t flags) {
  for (std::size_t rank = 0; rank < slices_.size(); ++rank) {
    float* to = block_at(send_, sent_[rank].begin);
    std::memcpy(to, &flags, sizeof(flags));
    to += kBlockElements;
    for (const float* partial : partials) {
      to = std::copy(partial + slices_[rank].begin, partial + slices_[rank].end, to);
    }
  }
}

std::uint32_t TreeReducer::received_flags() const {
  std::uint32_t all = 0;
  for (const Range& message : received_) {
    std::uint32_t flags = 0;
    std::memcpy(&flags, receive_.data() + static_cast<std::size_t>(message.begin) * kBlockElements,
                sizeof(flags));
    all |= flags;
  }
  return all;
}

void TreeReducer::sum_own_slice(const ReductionPlan& plan) {
  const Range slice = slices_[static_cast<std::size_t>(communicator_.rank())];
  partial_slices_.clear();
  for (std::size_t rank = 0; rank < slices_.size(); ++rank) {
    float* partial = block_at(receive_, received_[rank].begin + 1);
    for (std::int64_t i = 0; i < plan.partial_counts[rank]; ++i) {
      partial_slices_.push_back(partial + i * slice.size());
    }
  }
  for (const auto& [into, from] : plan.rank_additions) {
    add_vectors(partial_slices_[static_cast<std::size_t>(into)],
                partial_slices_[static_cast<std::size_t>(from)], {0, slice.size()});
  }
  const float* sum = partial_slices_[static_cast<std::size_t>(plan.total_slot)];
  std::copy(sum, sum + slice.size(), total_.begin() + slice.begin);
}

}  // namespace tally
