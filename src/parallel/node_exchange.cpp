// SPDX-License-Identifier: MIT
#include "tally/parallel/node_exchange.hpp"

#include <algorithm>
#include <cstring>

#include "tally/parallel/leaf_sums.hpp"

namespace tally {
namespace {

constexpr std::size_t kBlockElements = Communicator::kBlockBytes / sizeof(float);

// A message is one block with the sender's flags, then its slice of each of the sender's partials.
Range message_after(Range previous, std::int64_t partials, Range slice) {
  const std::int64_t blocks =
      1 + partials * slice.size() / static_cast<std::int64_t>(kBlockElements);
  return {previous.end, previous.end + blocks};
}

template <typename Buffer>
auto* block_at(Buffer& buffer, int block) {
  return buffer.data() + static_cast<std::size_t>(block) * kBlockElements;
}

}  // namespace

TreeExchange::TreeExchange(const Communicator& leaders, std::size_t vector_size)
    : leaders_(leaders) {
  const auto block = static_cast<std::int64_t>(kBlockElements);
  const Range whole{0, static_cast<std::int64_t>(vector_size)};
  for (int rank = 0; rank < leaders.size(); ++rank) {
    const Range slice = part_of(whole, leaders.size(), rank, block);
    slices_.push_back(slice);
    slice_blocks_.push_back({slice.begin / block, slice.end / block});
  }
}

TreeExchange::Messages::Messages(const ReductionPlan& of_plan, std::span<const Range> slices,
                                 int rank)
    : plan(&of_plan) {
  const auto own = static_cast<std::size_t>(rank);
  Range out, in;
  for (std::size_t other = 0; other < slices.size(); ++other) {
    out = message_after(out, plan->partial_counts[own], slices[other]);
    in = message_after(in, plan->partial_counts[other], slices[own]);
    sent.push_back(out);
    received.push_back(in);
  }
  sent_elements = static_cast<std::size_t>(out.end) * kBlockElements;
  received_elements = static_cast<std::size_t>(in.end) * kBlockElements;
}

std::uint32_t TreeExchange::sum(const ReductionPlan& plan, std::span<float* const> partials,
                                std::uint32_t flags, std::span<float> total) {
  const Messages& messages = messages_of(plan);
  pack(messages, partials, flags);
  leaders_.exchange(std::as_bytes(std::span(send_)), messages.sent,
                    std::as_writable_bytes(std::span(receive_)), messages.received);
  sum_own_slice(messages, total);
  leaders_.complete(std::as_writable_bytes(total), slice_blocks_);
  return received_flags(messages);
}

// Plans are few (a full step, and the last one of an epoch); each is laid out at its first step.
const TreeExchange::Messages& TreeExchange::messages_of(const ReductionPlan& plan) {
  const auto found = std::ranges::find_if(
      messages_, [&](const auto& messages) { return messages->plan == &plan; });
  if (found != messages_.end()) return **found;
  messages_.push_back(std::make_unique<Messages>(plan, slices_, leaders_.rank()));
  const Messages& made = *messages_.back();
  send_.resize(std::max(send_.size(), made.sent_elements));
  receive_.resize(std::max(receive_.size(), made.received_elements));
  return made;
}

void TreeExchange::pack(const Messages& messages, std::span<float* const> partials,
                        std::uint32_t flags) {
  for (std::size_t rank = 0; rank < slices_.size(); ++rank) {
    float* to = block_at(send_, messages.sent.offset(rank));
    std::memcpy(to, &flags, sizeof(flags));
    to += kBlockElements;
    for (const float* partial : partials) {
      to = std::copy(partial + slices_[rank].begin, partial + slices_[rank].end, to);
    }
  }
}

std::uint32_t TreeExchange::received_flags(const Messages& messages) const {
  std::uint32_t all = 0;
  for (std::size_t rank = 0; rank < slices_.size(); ++rank) {
    std::uint32_t flags = 0;
    std::memcpy(&flags, block_at(receive_, messages.received.offset(rank)), sizeof(flags));
    all |= flags;
  }
  return all;
}

void TreeExchange::sum_own_slice(const Messages& messages, std::span<float> total) {
  const Range slice = slices_[static_cast<std::size_t>(leaders_.rank())];
  partial_slices_.clear();
  for (std::size_t rank = 0; rank < slices_.size(); ++rank) {
    float* partial = block_at(receive_, messages.received.offset(rank) + 1);
    for (std::int64_t i = 0; i < messages.plan->partial_counts[rank]; ++i) {
      partial_slices_.push_back(partial + i * slice.size());
    }
  }
  for (const auto& [into, from] : messages.plan->node_additions) {
    add_vectors(partial_slices_[static_cast<std::size_t>(into)],
                partial_slices_[static_cast<std::size_t>(from)], {0, slice.size()});
  }
  const float* sum = partial_slices_[static_cast<std::size_t>(messages.plan->total_slot)];
  std::copy(sum, sum + slice.size(), total.begin() + slice.begin);
}

std::uint32_t MpiExchange::sum(const ReductionPlan& /*plan*/, std::span<float* const> partials,
                               std::uint32_t flags, std::span<float> total) {
  std::ranges::fill(total, 0.0F);
  for (const float* partial : partials) {
    add_vectors(total.data(), partial, {0, static_cast<std::int64_t>(total.size())});
  }
  leaders_.sum(total);
  return leaders_.any_of(flags);
}

}  // namespace tally
