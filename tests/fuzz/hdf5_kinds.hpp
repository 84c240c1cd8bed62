// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include <hdf5.h>

#include "../../src/io/h5_handle.hpp"
#include "fuzzing.hpp"

// HDF5 of every kind, chosen by the bytes of an input.
namespace tally {

/// Where links and values outside of a file lead: nowhere.
inline constexpr const char* kOutside = "no-such-directory/outside";

H5Handle property_list(hid_t kind);
H5Handle string_type(std::size_t size);

/// Numbers, texts, references and compounds, among them the types of checkpoints.
H5Handle type_of(Input& input);

/// Of up to three dimensions, a single value or none.
H5Handle space_of(Input& input);

/// Compact, chunked, external, virtual, or the usual one.
void set_layout(Input& input, const H5Handle& creation, const H5Handle& space);

/// The bytes of so many values of a type that holds them itself; nothing if there are too many.
std::vector<std::byte> values_of(Input& input, hid_t type, hid_t space);

}  // namespace tally
