// SPDX-License-Identifier: MIT
#include <array>
#include <cassert>

#include "h5_handle.hpp"
#include "tally/io/h5_file.hpp"

namespace tally {
namespace {

constexpr std::size_t kGrowBytes = 1 << 20;

H5Handle property_list(hid_t kind) {
  return {h5_check(H5Pcreate(kind), "checkpoint", "create"), H5Pclose};
}

H5Handle create_in_memory() {
  set_up_hdf5();
  const H5Handle creation = property_list(H5P_FILE_CREATE);
  h5_check(H5Pset_userblock(creation.get(), kUserBlockBytes), "checkpoint", "create");
  const H5Handle access = property_list(H5P_FILE_ACCESS);
  h5_check(H5Pset_fapl_core(access.get(), kGrowBytes, 0), "checkpoint", "create");
  // The oldest file format, on purpose: in those with checksums of their own, H5Fget_file_image
  // leaves that of the superblock wrong (HDF5 1.10.8), and the file's SHA-256 covers more.
  return {h5_check(H5Fcreate("checkpoint", H5F_ACC_TRUNC, creation.get(), access.get()),
                   "checkpoint", "create"),
          H5Fclose};
}

H5Handle text_type(std::size_t size) {
  H5Handle type(h5_check(H5Tcopy(H5T_C_S1), "checkpoint", "write"), H5Tclose);
  h5_check(H5Tset_size(type.get(), size == 0 ? 1 : size), "checkpoint", "write");
  h5_check(H5Tset_cset(type.get(), H5T_CSET_UTF8), "checkpoint", "write");
  h5_check(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), "checkpoint", "write");
  return type;
}

H5Handle scalar_space() {
  return {h5_check(H5Screate(H5S_SCALAR), "checkpoint", "write"), H5Sclose};
}

H5Handle simple_space(std::span<const hsize_t> sizes) {
  return {h5_check(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
                   "checkpoint", "write"),
          H5Sclose};
}

struct Values {
  hid_t file_type;
  hid_t memory_type;
  const void* data;
};

void write_attribute(hid_t file, const std::string& path, const std::string& name,
                     const Values& values) {
  const H5Handle object(h5_check(H5Oopen(file, path.c_str(), H5P_DEFAULT), path, "open"), H5Oclose);
  const H5Handle space = scalar_space();
  const H5Handle attribute(h5_check(H5Acreate2(object.get(), name.c_str(), values.file_type,
                                               space.get(), H5P_DEFAULT, H5P_DEFAULT),
                                    path + "/" + name, "create"),
                           H5Aclose);
  h5_check(H5Awrite(attribute.get(), values.memory_type, values.data), path + "/" + name, "write");
}

void write_dataset(hid_t file, const std::string& path, const H5Handle& space,
                   const Values& values) {
  const H5Handle dataset(h5_check(H5Dcreate2(file, path.c_str(), values.file_type, space.get(),
                                             H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                                  path, "create"),
                         H5Dclose);
  h5_check(H5Dwrite(dataset.get(), values.memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data),
           path, "write");
}

}  // namespace

struct H5Writer::Handles {
  H5Handle file = create_in_memory();
};

H5Writer::H5Writer() : handles_(std::make_unique<Handles>()) {}
H5Writer::~H5Writer() = default;

void H5Writer::group(const std::string& path) {
  const H5Handle group(h5_check(H5Gcreate2(handles_->file.get(), path.c_str(), H5P_DEFAULT,
                                           H5P_DEFAULT, H5P_DEFAULT),
                                path, "create"),
                       H5Gclose);
}

void H5Writer::attribute(const std::string& path, const std::string& name, std::int64_t value) {
  write_attribute(handles_->file.get(), path, name, {H5T_STD_I64LE, H5T_NATIVE_INT64, &value});
}

void H5Writer::attribute(const std::string& path, const std::string& name, double value) {
  write_attribute(handles_->file.get(), path, name, {H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value});
}

void H5Writer::attribute(const std::string& path, const std::string& name,
                         const std::string& value) {
  const H5Handle type = text_type(value.size());
  write_attribute(handles_->file.get(), path, name, {type.get(), type.get(), value.c_str()});
}

void H5Writer::matrix(const std::string& path, std::int64_t rows, std::int64_t columns,
                      std::span<const float> values) {
  const std::array<hsize_t, 2> sizes = {static_cast<hsize_t>(rows), static_cast<hsize_t>(columns)};
  assert(values.size() == sizes[0] * sizes[1]);
  write_dataset(handles_->file.get(), path, simple_space(sizes),
                {H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values.data()});
}

void H5Writer::column(const std::string& path, std::span<const std::int64_t> values) {
  const std::array<hsize_t, 1> sizes = {values.size()};
  write_dataset(handles_->file.get(), path, simple_space(sizes),
                {H5T_STD_I64LE, H5T_NATIVE_INT64, values.data()});
}

void H5Writer::column(const std::string& path, std::span<const double> values) {
  const std::array<hsize_t, 1> sizes = {values.size()};
  write_dataset(handles_->file.get(), path, simple_space(sizes),
                {H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values.data()});
}

void H5Writer::text(const std::string& path, const std::string& value) {
  const H5Handle type = text_type(value.size());
  write_dataset(handles_->file.get(), path, scalar_space(),
                {type.get(), type.get(), value.c_str()});
}

std::vector<std::byte> H5Writer::image() {
  const hid_t file = handles_->file.get();
  h5_check(H5Fflush(file, H5F_SCOPE_LOCAL), "checkpoint", "build");
  const ssize_t size = H5Fget_file_image(file, nullptr, 0);
  h5_check(size, "checkpoint", "build");
  // HDF5 1.10 leaves the user block out of the image.
  std::vector<std::byte> bytes(kUserBlockBytes + static_cast<std::size_t>(size));
  h5_check(H5Fget_file_image(file, bytes.data() + kUserBlockBytes, static_cast<size_t>(size)),
           "checkpoint", "build");
  return bytes;
}

}  // namespace tally
