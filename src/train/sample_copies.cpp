// SPDX-License-Identifier: MIT
#include "tally/train/sample_copies.hpp"

#include "tally/core/prefetch.hpp"

namespace tally {

SampleCopies::SampleCopies(const AugmentationRecipe& recipe, const ShardStore& samples)
    : recipe_(recipe),
      augmenter_(recipe.distortions, recipe.size, recipe.seed),
      samples_(static_cast<std::size_t>(samples.size())),
      image_bytes_(samples.image_bytes()) {
  const auto copies = static_cast<std::size_t>(recipe.copies.value);
  kept_.resize(copies * samples_ * image_bytes_);
  kept_phase_.resize(copies * samples_);
}

void SampleCopies::begin_epoch(std::int64_t epoch) {
  phase_ = recipe_.strength.phase_at(epoch, recipe_.epochs);
  const std::int64_t first = recipe_.strength.first_epoch(phase_, recipe_.epochs);
  const std::int64_t copies = recipe_.copies.value;
  copy_in_phase_ = static_cast<std::size_t>(copies == 0 ? epoch : (epoch - first) % copies);
}

std::span<const std::uint8_t> SampleCopies::copy(const StoredSample& sample,
                                                 Augmenter::Scratch& scratch,
                                                 std::span<std::uint8_t> place) {
  const bool is_kept = recipe_.copies.value > 0;
  std::uint8_t* kept_phase = nullptr;
  if (is_kept) {
    place = std::span(kept_).subspan(cell(sample.index) * image_bytes_, image_bytes_);
    kept_phase = &kept_phase_[cell(sample.index)];
    if (*kept_phase == phase_ + 1) return place;
    *kept_phase = static_cast<std::uint8_t>(phase_ + 1);
  }
  const std::size_t first_copy = phase_ * static_cast<std::size_t>(recipe_.copies.value);
  const auto number = static_cast<std::uint32_t>(first_copy + copy_in_phase_);
  augmenter_.apply({sample.id, number, recipe_.strength.phases[phase_].strength}, sample.pixels,
                   scratch, place);
  return place;
}

void SampleCopies::prefetch(std::size_t sample) const {
  if (recipe_.copies.value > 0)
    tally::prefetch(std::span(kept_).subspan(cell(sample) * image_bytes_, image_bytes_));
}

}  // namespace tally
