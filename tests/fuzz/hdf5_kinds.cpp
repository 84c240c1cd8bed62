// SPDX-License-Identifier: MIT
#include "hdf5_kinds.hpp"

#include <algorithm>
#include <array>

namespace tally {
namespace {

H5Handle compound_type() {
  H5Handle type(H5Tcreate(H5T_COMPOUND, 16), H5Tclose);
  H5Tinsert(type.get(), "a", 0, H5T_STD_I64LE);
  H5Tinsert(type.get(), "b", 8, H5T_IEEE_F64LE);
  return type;
}

H5Handle array_type() {
  const hsize_t size = 2;
  return {H5Tarray_create2(H5T_IEEE_F32LE, 1, &size), H5Tclose};
}

// Few values, or so many that no file could hold them.
hsize_t size_of_dimension(Input& input) {
  const unsigned size = input.byte();
  return size < 250 ? size % 8 : hsize_t{1} << (size - 240) * 4;
}

}  // namespace

H5Handle property_list(hid_t kind) {
  return {H5Pcreate(kind), H5Pclose};
}

H5Handle string_type(std::size_t size) {
  H5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), size);
  return type;
}

H5Handle type_of(Input& input) {
  const auto plain = [](hid_t type) { return H5Handle(H5Tcopy(type), H5Tclose); };
  switch (input.below(16)) {
    case 0:
      return plain(H5T_STD_I64LE);
    case 1:
      return plain(H5T_IEEE_F64LE);
    case 2:
      return plain(H5T_IEEE_F32LE);
    case 3:
      return plain(H5T_STD_U64LE);
    case 4:
      return plain(H5T_STD_I64BE);
    case 5:
      return plain(H5T_IEEE_F32BE);
    case 6:
      return plain(H5T_STD_I8LE);
    case 7:
      return plain(H5T_STD_REF_OBJ);
    case 8:
      return plain(H5T_STD_B64LE);
    case 9:
      return string_type(H5T_VARIABLE);
    case 10:
      return {H5Tvlen_create(H5T_STD_I64LE), H5Tclose};
    case 11:
      return compound_type();
    case 12:
      return array_type();
    case 13:
      return {H5Tenum_create(H5T_STD_I64LE), H5Tclose};
    case 14:
      return string_type(std::size_t{1} << input.below(24));
    default:
      return string_type(input.byte() + 1);
  }
}

H5Handle space_of(Input& input) {
  const std::size_t rank = input.below(6);
  if (rank == 4) return {H5Screate(H5S_SCALAR), H5Sclose};
  if (rank == 5) return {H5Screate(H5S_NULL), H5Sclose};
  std::array<hsize_t, 4> sizes{};
  for (std::size_t i = 0; i < rank; ++i) sizes[i] = size_of_dimension(input);
  return {H5Screate_simple(static_cast<int>(rank), sizes.data(), nullptr), H5Sclose};
}

void set_layout(Input& input, const H5Handle& creation, const H5Handle& space) {
  const std::array<hsize_t, 4> chunk = {1, 2, 1, 1};
  const int rank = H5Sget_simple_extent_ndims(space.get());
  switch (input.below(6)) {
    case 0:
      H5Pset_layout(creation.get(), H5D_COMPACT);
      break;
    case 1:
      H5Pset_chunk(creation.get(), rank, chunk.data());
      break;
    case 2:
      H5Pset_external(creation.get(), kOutside, 0, H5F_UNLIMITED);
      break;
    case 3:
      H5Pset_virtual(creation.get(), space.get(), kOutside, "/d", space.get());
      break;
    default:
      break;
  }
}

std::vector<std::byte> values_of(Input& input, hid_t type, hid_t space) {
  constexpr std::size_t kMostBytes = 4096;
  if (H5Tis_variable_str(type) > 0 || H5Tdetect_class(type, H5T_VLEN) > 0) return {};
  const auto count =
      static_cast<std::size_t>(std::max<hssize_t>(0, H5Sget_simple_extent_npoints(space)));
  const std::size_t value_bytes = H5Tget_size(type);
  if (count == 0 || count > kMostBytes / value_bytes) return {};
  std::vector<std::byte> values(count * value_bytes);
  std::ranges::copy(input.bytes(values.size()), values.begin());
  return values;
}

}  // namespace tally
