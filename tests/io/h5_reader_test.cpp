// SPDX-License-Identifier: MIT
#include <bit>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "h5_fixtures.hpp"
#include "io_fixtures.hpp"
#include "tally/io/h5_file.hpp"

namespace tally {
namespace {

const std::vector<float> kValues = {1, 2, 3, 4, 5, 6};

// "/group" with one object of each kind.
std::vector<std::byte> good_file() {
  H5Writer writer;
  writer.group("/group");
  writer.attribute("/group", "count", std::int64_t{7});
  writer.attribute("/group", "figure", 0.5);
  writer.attribute("/group", "name", std::string("tally"));
  writer.attribute("/", "version", std::string("1"));
  writer.matrix("/group/matrix", 3, 2, kValues);
  writer.column("/group/counts", std::vector<std::int64_t>{1, 2});
  writer.column("/group/figures", std::vector<double>{0.25, 0.5});
  writer.text("/group/text", "words");
  return writer.image();
}

// A reader of good_file() after an edit.
struct Edited {
  template <typename Edit>
  explicit Edited(Edit&& edit)
      : image(edited(good_file(), std::forward<Edit>(edit))), reader(image, "x.h5") {}

  std::string matrix(const std::string& path) const {
    std::vector<float> values(6);
    return failure_of([&] { reader.matrix(path, 3, 2, values); });
  }
  std::string counts(const std::string& path) const {
    return failure_of([&] { (void)reader.integer_column(path); });
  }
  std::string figures(const std::string& path) const {
    return failure_of([&] { (void)reader.number_column(path); });
  }
  std::string text(const std::string& path) const {
    return failure_of([&] { (void)reader.text(path); });
  }
  std::string count(const std::string& path, const std::string& name) const {
    return failure_of([&] { (void)reader.integer(path, name); });
  }
  std::string figure(const std::string& path, const std::string& name) const {
    return failure_of([&] { (void)reader.number(path, name); });
  }
  std::string name(const std::string& path, const std::string& name) const {
    return failure_of([&] { (void)reader.text_attribute(path, name); });
  }

  std::vector<std::byte> image;
  H5Reader reader;
};

constexpr auto kNoEdit = [](hid_t) {};

TEST(H5Reader, ReadsWhatTheWriterWrote) {
  const std::vector<double> figures = {-0.0, std::numeric_limits<double>::quiet_NaN(), 5e-324,
                                       1e308, std::nextafter(1.0, 2)};
  const std::vector<std::int64_t> counts = {std::numeric_limits<std::int64_t>::min(), -1, 0,
                                            std::numeric_limits<std::int64_t>::max()};
  const std::vector<float> row = {-0.0F, std::numeric_limits<float>::denorm_min(), 3.25F};
  H5Writer writer;
  writer.group("/g");
  writer.attribute("/", "least", counts[0]);
  writer.attribute("/g", "figure", figures[4]);
  writer.attribute("/g", "empty", std::string());
  writer.attribute("/g", "name", std::string("\xC3\xA9t\xC3\xA9 \"x\"\n"));
  writer.column("/figures", figures);
  writer.column("/g/counts", counts);
  writer.column("/g/no_counts", std::vector<std::int64_t>{});
  writer.column("/g/no_figures", std::vector<double>{});
  writer.matrix("/g/row", 1, 3, row);
  writer.text("/text", "one\ntwo\n");
  writer.text("/g/none", "");

  const std::vector<std::byte> image = writer.image();
  const H5Reader reader(image, "x.h5");
  EXPECT_EQ(reader.integer("/", "least"), counts[0]);
  EXPECT_EQ(reader.number("/g", "figure"), figures[4]);
  EXPECT_EQ(reader.text_attribute("/g", "empty"), "");
  EXPECT_EQ(reader.text_attribute("/g", "name"), "\xC3\xA9t\xC3\xA9 \"x\"\n");
  EXPECT_EQ(reader.integer_column("/g/counts"), counts);
  EXPECT_TRUE(reader.integer_column("/g/no_counts").empty());
  EXPECT_TRUE(reader.number_column("/g/no_figures").empty());
  EXPECT_EQ(reader.text("/text"), "one\ntwo\n");
  EXPECT_EQ(reader.text("/g/none"), "");
  const std::vector<double> found = reader.number_column("/figures");
  ASSERT_EQ(found.size(), figures.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(found[i]), std::bit_cast<std::uint64_t>(figures[i]));
  }
  std::vector<float> found_row(3);
  reader.matrix("/g/row", 1, 3, found_row);
  for (std::size_t i = 0; i < row.size(); ++i) {
    EXPECT_EQ(std::bit_cast<std::uint32_t>(found_row[i]), std::bit_cast<std::uint32_t>(row[i]));
  }
}

TEST(H5Reader, AcceptsTheFileThatTheRefusalsStartFrom) {
  const Edited file(kNoEdit);
  EXPECT_EQ(file.matrix("/group/matrix"), "no failure");
  EXPECT_EQ(file.counts("/group/counts"), "no failure");
  EXPECT_EQ(file.figures("/group/figures"), "no failure");
  EXPECT_EQ(file.text("/group/text"), "no failure");
  EXPECT_EQ(file.count("/group", "count"), "no failure");
  EXPECT_EQ(file.figure("/group", "figure"), "no failure");
  EXPECT_EQ(file.name("/group", "name"), "no failure");
  EXPECT_EQ(file.name("/", "version"), "no failure");
}

TEST(H5Reader, RefusesWhatIsNoHdf5) {
  const std::vector<std::byte> image(2'000, std::byte{'x'});
  // HDF5 1.14 gives a reason, 1.10 gives none.
  EXPECT_THAT(failure_of([&] { const H5Reader reader(image, "x.h5"); }),
              testing::StartsWith("exit 4: x.h5: cannot be opened as HDF5"));
}

TEST(H5Reader, RefusesObjectsThatAreMissingOrOfAnotherKind) {
  const Edited file(kNoEdit);
  for (const std::string path : {"/none", "/none/matrix", "/group/none", "/group/matrix/none"}) {
    const std::string expected = "exit 4: x.h5: " + path + ": expected it to exist";
    EXPECT_EQ(file.matrix(path), expected);
    EXPECT_EQ(file.counts(path), expected);
    EXPECT_EQ(file.figures(path), expected);
    EXPECT_EQ(file.text(path), expected);
    EXPECT_EQ(file.count(path, "count"), expected);
  }
  EXPECT_EQ(file.count("/group", "none"), "exit 4: x.h5: /group/none: expected it to exist");
  EXPECT_EQ(file.figure("/group", "none"), "exit 4: x.h5: /group/none: expected it to exist");
  EXPECT_EQ(file.name("/", "none"), "exit 4: x.h5: /none: expected it to exist");
  EXPECT_EQ(file.matrix("/group"), "exit 4: x.h5: /group: cannot open (HDF5: not a dataset)");
}

TEST(H5Reader, RefusesValuesOfAnotherType) {
  const Edited file([](hid_t edit) {
    create_dataset(edit, "/doubles", H5T_IEEE_F64LE, shape({3, 2}));
    create_dataset(edit, "/swapped", H5T_IEEE_F32BE, shape({3, 2}));
    create_dataset(edit, "/short", H5T_STD_I32LE, shape({2}));
    create_dataset(edit, "/unsigned", H5T_STD_U64LE, shape({2}));
    create_dataset(edit, "/floats", H5T_IEEE_F32LE, shape({2}));
    create_dataset(edit, "/number", H5T_IEEE_F64LE, shape({}));
    create_attribute(edit, "/group", "unsigned", H5T_STD_U64LE, shape({}));
    create_attribute(edit, "/group", "float", H5T_IEEE_F32LE, shape({}));
  });
  EXPECT_EQ(file.matrix("/doubles"), "exit 4: x.h5: /doubles: expected 32-bit floats");
  EXPECT_EQ(file.matrix("/swapped"), "exit 4: x.h5: /swapped: expected 32-bit floats");
  for (const std::string path : {"/short", "/unsigned", "/floats", "/group/figures"}) {
    EXPECT_EQ(file.counts(path), "exit 4: x.h5: " + path + ": expected 64-bit numbers of its kind");
  }
  EXPECT_EQ(file.figures("/floats"), "exit 4: x.h5: /floats: expected 64-bit numbers of its kind");
  EXPECT_EQ(file.figures("/group/counts"),
            "exit 4: x.h5: /group/counts: expected 64-bit numbers of its kind");
  EXPECT_EQ(file.text("/number"), "exit 4: x.h5: /number: expected a text of fixed length");
  for (const std::string name : {"unsigned", "figure", "name"}) {
    EXPECT_EQ(file.count("/group", name),
              "exit 4: x.h5: /group/" + name + ": expected a 64-bit number of its kind");
  }
  for (const std::string name : {"float", "count"}) {
    EXPECT_EQ(file.figure("/group", name),
              "exit 4: x.h5: /group/" + name + ": expected a 64-bit number of its kind");
  }
  EXPECT_EQ(file.name("/group", "count"),
            "exit 4: x.h5: /group/count: expected a text of fixed length");
}

TEST(H5Reader, RefusesValuesOfAnotherShape) {
  const Edited file([](hid_t edit) {
    create_dataset(edit, "/turned", H5T_IEEE_F32LE, shape({2, 3}));
    create_dataset(edit, "/flat", H5T_IEEE_F32LE, shape({6}));
    create_dataset(edit, "/one", H5T_IEEE_F32LE, shape({}));
    create_dataset(edit, "/nothing", H5T_IEEE_F32LE, ok(H5Screate(H5S_NULL)));
    create_dataset(edit, "/table", H5T_STD_I64LE, shape({2, 1}));
    create_dataset(edit, "/single", H5T_IEEE_F64LE, shape({}));
    create_dataset(edit, "/texts", text_of_length(4), shape({2}));
    create_attribute(edit, "/group", "counts", H5T_STD_I64LE, shape({1}));
    create_attribute(edit, "/group", "names", text_of_length(4), shape({2}));
  });
  EXPECT_EQ(file.matrix("/turned"), "exit 4: x.h5: /turned: expected shape 3 x 2, got 2 x 3");
  for (const std::string path : {"/flat", "/one", "/nothing"}) {
    EXPECT_EQ(file.matrix(path), "exit 4: x.h5: " + path + ": expected 2 dimensions");
  }
  EXPECT_EQ(file.counts("/table"), "exit 4: x.h5: /table: expected 1 dimension");
  EXPECT_EQ(file.figures("/single"), "exit 4: x.h5: /single: expected 1 dimension");
  EXPECT_EQ(file.text("/texts"), "exit 4: x.h5: /texts: expected a single text");
  EXPECT_EQ(file.count("/group", "counts"), "exit 4: x.h5: /group/counts: expected a single value");
  EXPECT_EQ(file.name("/group", "names"), "exit 4: x.h5: /group/names: expected a single text");
}

TEST(H5Reader, RefusesLinksThatLeadElsewhere) {
  const Edited file([](hid_t edit) {
    ok(H5Lcreate_soft("/group/matrix", edit, "/soft", H5P_DEFAULT, H5P_DEFAULT));
    ok(H5Lcreate_soft("/group", edit, "/other", H5P_DEFAULT, H5P_DEFAULT));
    ok(H5Lcreate_external("y.h5", "/m", edit, "/external", H5P_DEFAULT, H5P_DEFAULT));
    ok(H5Lcreate_hard(edit, "/group/matrix", edit, "/hard", H5P_DEFAULT, H5P_DEFAULT));
  });
  EXPECT_EQ(file.matrix("/soft"), "exit 4: x.h5: /soft: expected a hard link");
  EXPECT_EQ(file.matrix("/external"), "exit 4: x.h5: /external: expected a hard link");
  EXPECT_EQ(file.matrix("/external/m"), "exit 4: x.h5: /external/m: expected a hard link");
  EXPECT_EQ(file.matrix("/other/matrix"), "exit 4: x.h5: /other/matrix: expected a hard link");
  EXPECT_EQ(file.count("/other", "count"), "exit 4: x.h5: /other: expected a hard link");
  EXPECT_EQ(file.matrix("/hard"), "no failure");
}

TEST(H5Reader, RefusesValuesThatAreNotPlainlyInTheFile) {
  const TemporaryDirectory directory;
  const std::string outside = directory.write("outside", std::string(24, 'x')).string();
  const Edited file([&](hid_t edit) {
    const hid_t chunked = ok(H5Pcreate(H5P_DATASET_CREATE));
    const std::vector<hsize_t> chunk = {3, 2};
    ok(H5Pset_chunk(chunked, 2, chunk.data()));
    create_dataset(edit, "/chunked", H5T_IEEE_F32LE, shape({3, 2}), chunked);
    const hid_t external = ok(H5Pcreate(H5P_DATASET_CREATE));
    ok(H5Pset_external(external, outside.c_str(), 0, 24));
    create_dataset(edit, "/external", H5T_IEEE_F32LE, shape({3, 2}), external);
    const hid_t virtual_map = ok(H5Pcreate(H5P_DATASET_CREATE));
    ok(H5Pset_virtual(virtual_map, shape({3, 2}), outside.c_str(), "/m", shape({3, 2})));
    create_dataset(edit, "/virtual", H5T_IEEE_F32LE, shape({3, 2}), virtual_map);
    create_dataset(edit, "/unwritten", H5T_IEEE_F32LE, shape({3, 2}));
  });
  for (const std::string path : {"/chunked", "/external", "/virtual"}) {
    EXPECT_EQ(file.matrix(path),
              "exit 4: x.h5: " + path + ": expected its values contiguous in the file itself");
  }
  EXPECT_EQ(file.matrix("/unwritten"),
            "exit 4: x.h5: /unwritten: expected all its values in the file");
}

TEST(H5Reader, RefusesTextsOfUnknownOrHugeLength) {
  const Edited file([](hid_t edit) {
    create_dataset(edit, "/variable", text_of_length(H5T_VARIABLE), shape({}));
    create_dataset(edit, "/huge", text_of_length((1 << 20) + 1), shape({}));
    create_dataset(edit, "/unwritten", text_of_length(1 << 20), shape({}));
    create_attribute(edit, "/group", "variable", text_of_length(H5T_VARIABLE), shape({}));
  });
  EXPECT_EQ(file.text("/variable"), "exit 4: x.h5: /variable: expected a text of fixed length");
  EXPECT_EQ(file.text("/huge"), "exit 4: x.h5: /huge: expected a text of fixed length");
  EXPECT_EQ(file.text("/unwritten"),
            "exit 4: x.h5: /unwritten: expected all its values in the file");
  EXPECT_EQ(file.name("/group", "variable"),
            "exit 4: x.h5: /group/variable: expected a text of fixed length");
}

TEST(H5Reader, RefusesMoreRowsThanTheFileHasRoomForBeforeItTakesMemory) {
  const Edited file([](hid_t edit) {
    create_dataset(edit, "/rows", H5T_STD_I64LE, shape({hsize_t{1} << 60}));
    create_dataset(edit, "/few", H5T_IEEE_F64LE, shape({10}));
  });
  EXPECT_EQ(file.counts("/rows"),
            "exit 4: x.h5: /rows: expected no more rows than the file has room for");
  EXPECT_EQ(file.figures("/few"), "exit 4: x.h5: /few: expected all its values in the file");
}

TEST(H5Reader, LeavesNoFileOpen) {
  const std::size_t before = open_files();
  for (int i = 0; i < 3; ++i) {
    const Edited file(kNoEdit);
    (void)file.matrix("/none");
    const std::vector<std::byte> image(2'000, std::byte{'x'});
    (void)failure_of([&] { const H5Reader reader(image, "x.h5"); });
  }
  EXPECT_EQ(open_files(), before);
}

}  // namespace
}  // namespace tally
