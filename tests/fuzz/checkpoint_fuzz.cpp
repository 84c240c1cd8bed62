// SPDX-License-Identifier: MIT
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <hdf5.h>

#include "checkpoint_edits.hpp"
#include "fuzzing.hpp"
#include "io/checkpoint_fixtures.hpp"
#include "tally/io/checkpoint.hpp"
#include "tally/io/config_file.hpp"

// Checkpoints that verify, but are not what Tally wrote: valid HDF5 of other shapes, types, links
// and values, under a valid user block. An input is whether what is accepted is saved again and
// whether it has statistics (a byte), then edits of a small checkpoint.
namespace tally {
namespace {

// What Tally accepts it can save, and it is the same.
void check_saved_again(const TrainingState& state) {
  const TrainingState again = decode_verified(encode_checkpoint(state), kHostile);
  check(training_digest(again) == training_digest(state), "the same parameters again");
  check(to_toml(again.config) == to_toml(state.config), "the same configuration again",
        to_toml(again.config));
  check(again.data == state.data, "the same data again");
  check(again.history.epochs.size() == state.history.epochs.size(), "the same history again");
}

void check_calibration(std::span<const std::byte> file) {
  const std::optional<Calibration> calibration = decode_calibration(file, kHostile);
  if (!calibration || !calibration->outliers) return;
  const OutlierNetwork& outliers = *calibration->outliers;
  check(outliers.parameters.size() == parameter_layout(outliers).size(),
        "as many parameters as the network of outliers has");
}

void load_checkpoint(Input input) {
  static const std::vector<std::byte> kWhole =
      encode_checkpoint(small_state(), small_calibration());
  static const std::vector<std::byte> kWithStatistics =
      encode_checkpoint(small_state_with_statistics(), small_calibration());
  const std::size_t kind = input.below(8);
  const bool is_saved_again = kind % 4 == 3;
  const auto file = signed_again(edited_checkpoint(kind < 4 ? kWhole : kWithStatistics, input));
  TrainingState state;
  const bool is_loaded =
      accepts(ExitCode::kCheckpoint, kHostile, [&] { state = decode_verified(file, kHostile); });
  if (!is_loaded) return;
  check(state.parameters.size() == state.layout.size(), "as many parameters as the network has");
  check(state.velocity.size() == state.layout.size(), "as many velocities as the network has");
  accepts(ExitCode::kCheckpoint, kHostile, [&] { check_calibration(file); });
  if (is_saved_again) check_saved_again(state);
}

}  // namespace
}  // namespace tally

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::load_checkpoint({data, size});
  tally::check(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL) == 0, "no open HDF5 object");
  return 0;
}
