// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "tally/state/config_fields.hpp"
#include "tally/state/run_config.hpp"

// The values of a RunConfig as text, the same on the command line, in config.toml and in
// checkpoints. to_text and from_text are inverse to each other.
namespace tally {

std::string to_text(const std::string& value);
std::string to_text(std::int64_t value);
std::string to_text(std::uint64_t value);
std::string to_text(double value);
std::string to_text(bool value);
std::string to_text(const AutoCount& value);           ///< "auto" or a number
std::string to_text(const Limit& value);               ///< "none" or a number
std::string to_text(const TimeLimit& value);           ///< "none" or "01:30:00"
std::string to_text(const CheckpointInterval& value);  ///< "500steps", "1epochs", "5min"
std::string to_text(const Distortions& value);         ///< "none" or "affine,elastic"
std::string to_text(const StrengthPhases& value);      ///< "1" or "1@0.6,0.3"
std::string to_text(const CopyCount& value);           ///< "fresh" or a number

/// The names of an enumeration's values, in their order.
using Names = std::span<const std::string_view>;
inline Names names_of(Initializer /*any*/) {
  return kInitializerNames;
}
inline Names names_of(LossKind /*any*/) {
  return kLossNames;
}
inline Names names_of(DecayKind /*any*/) {
  return kDecayNames;
}
inline Names names_of(ScheduleKind /*any*/) {
  return kScheduleNames;
}
inline Names names_of(SampleOrder /*any*/) {
  return kSampleOrderNames;
}
inline Names names_of(ReductionKind /*any*/) {
  return kReductionNames;
}

template <typename Enumeration>
requires std::is_enum_v<Enumeration> std::string to_text(Enumeration value) {
  return std::string(names_of(value)[static_cast<std::size_t>(value)]);
}

/// Parse `text` into `value`. `origin` is where it was written, for the message of the Error that
/// any text but a valid one gives: "--batch-size", "my.toml: batch-size".
struct FieldText {
  const Field& field;
  std::string_view origin;
  std::string_view text;
};
void from_text(const FieldText& from, std::string& value);
void from_text(const FieldText& from, std::int64_t& value);
void from_text(const FieldText& from, std::uint64_t& value);
void from_text(const FieldText& from, double& value);
void from_text(const FieldText& from, bool& value);
void from_text(const FieldText& from, AutoCount& value);
void from_text(const FieldText& from, Limit& value);
void from_text(const FieldText& from, TimeLimit& value);
void from_text(const FieldText& from, CheckpointInterval& value);
void from_text(const FieldText& from, Distortions& value);
void from_text(const FieldText& from, StrengthPhases& value);
void from_text(const FieldText& from, CopyCount& value);

/// The position of the text in `names`.
std::size_t name_from_text(const FieldText& from, Names names);

template <typename Enumeration>
requires std::is_enum_v<Enumeration>
void from_text(const FieldText& from, Enumeration& value) {
  value = static_cast<Enumeration>(name_from_text(from, names_of(value)));
}

}  // namespace tally
