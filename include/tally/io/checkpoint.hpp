// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tally/state/calibration.hpp"
#include "tally/state/training_state.hpp"

// The bytes of a checkpoint file: a TrainingState as HDF5, behind a user block of 512 bytes (which
// HDF5 ignores) that begins with four lines of text and is filled up with zeros:
//
//   TALLY CHECKPOINT
//   format 1
//   bytes <length of the HDF5 part>
//   sha256 <digest, in hexadecimal, of the lines above and the HDF5 part>
//
// The digest is verified before HDF5 sees a byte. It protects against damage, not against malice:
// load only checkpoints you trust. docs/checkpoint.md describes the HDF5 part.
namespace tally {

inline constexpr std::int64_t kCheckpointFormat = 1;

/// No larger file is read as a checkpoint.
inline constexpr std::size_t kMaxCheckpointBytes = std::size_t{1} << 36;

/// Verifies the user block and the digest of a whole file. Returns what is wrong with it, for
/// example "truncated (expected 684 032 bytes, got 1 000)", or an empty string. A damaged file is
/// worth falling back from; what else may be wrong with a whole one is worth telling its owner.
std::string damage_of_checkpoint(std::span<const std::byte> file);

std::vector<std::byte> encode_checkpoint(const TrainingState& state,
                                         const std::optional<Calibration>& calibration = {});

/// The state in a file in which damage_of_checkpoint has found nothing. Throws an Error
/// (ExitCode::kCheckpoint) that names the object which is missing, of another shape or type, or
/// contradicts the others; `name` is the file.
TrainingState decode_checkpoint(std::span<const std::byte> file, const std::string& name);

/// The calibration in such a file, if it was calibrated.
std::optional<Calibration> decode_calibration(std::span<const std::byte> file,
                                              const std::string& name);

}  // namespace tally
