// SPDX-License-Identifier: MIT
#include <array>

#include <gtest/gtest.h>

#include "h5_fixtures.hpp"
#include "io_fixtures.hpp"
#include "tally/io/h5_file.hpp"

namespace tally {
namespace {

TEST(H5Writer, LeavesAnEmptyUserBlockBeforeTheFile) {
  H5Writer writer;
  const std::vector<std::byte> image = writer.image();
  ASSERT_GT(image.size(), kUserBlockBytes + 8);
  const std::string text = as_text(image);
  EXPECT_EQ(text.substr(0, 512), std::string(512, '\0'));
  EXPECT_EQ(text.substr(512, 8), "\x89HDF\r\n\x1A\n");
}

TEST(H5Writer, StoresRowsAndColumnsAsHdf5HasThem) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  H5Writer writer;
  writer.group("/model");
  writer.matrix("/model/weight", 3, 2, values);
  edited(writer.image(), [&](hid_t file) {
    std::array<hsize_t, 2> sizes{};
    ASSERT_GE(H5LTget_dataset_info(file, "/model/weight", sizes.data(), nullptr, nullptr), 0);
    EXPECT_EQ(sizes, (std::array<hsize_t, 2>{3, 2}));
    std::vector<float> found(6);
    ASSERT_GE(H5LTread_dataset_float(file, "/model/weight", found.data()), 0);
    EXPECT_EQ(found, values);
    const hid_t dataset = ok(H5Dopen2(file, "/model/weight", H5P_DEFAULT));
    EXPECT_GT(H5Tequal(ok(H5Dget_type(dataset)), H5T_IEEE_F32LE), 0);
    EXPECT_EQ(H5Pget_layout(ok(H5Dget_create_plist(dataset))), H5D_CONTIGUOUS);
    H5Dclose(dataset);
  });
}

TEST(H5Writer, StoresTextsAsUtf8OfFixedLength) {
  H5Writer writer;
  writer.text("/config", "\xC3\xA9t\xC3\xA9");
  writer.attribute("/", "version", std::string("1.0"));
  edited(writer.image(), [&](hid_t file) {
    const hid_t dataset = ok(H5Dopen2(file, "/config", H5P_DEFAULT));
    const hid_t type = ok(H5Dget_type(dataset));
    EXPECT_EQ(H5Tget_size(type), 5U);
    EXPECT_EQ(H5Tget_cset(type), H5T_CSET_UTF8);
    EXPECT_EQ(H5Tis_variable_str(type), 0);
    H5Dclose(dataset);
    std::string version(3, '\0');
    ASSERT_GE(H5LTget_attribute_string(file, "/", "version", version.data()), 0);
    EXPECT_EQ(version, "1.0");
  });
}

TEST(H5Writer, NamesTheObjectThatCannotBeMade) {
  H5Writer writer;
  writer.group("/model");
  EXPECT_EQ(failure_of([&] { writer.group("/model"); }).substr(0, 28),
            "exit 4: /model: cannot creat");
  EXPECT_EQ(failure_of([&] { writer.text("/none/config", "x"); }).substr(0, 37),
            "exit 4: /none/config: cannot create (");
  EXPECT_EQ(failure_of([&] { writer.attribute("/none", "x", std::int64_t{1}); }).substr(0, 28),
            "exit 4: /none: cannot open (");
}

TEST(H5Writer, TouchesNoDisk) {
  const TemporaryDirectory directory;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  {
    H5Writer writer;
    writer.column("/big", std::vector<double>(500'000, 1.5));
    EXPECT_GT(writer.image().size(), 4'000'000U);
  }
  std::filesystem::current_path(before);
  EXPECT_TRUE(names_in(directory.path()).empty());
}

}  // namespace
}  // namespace tally
