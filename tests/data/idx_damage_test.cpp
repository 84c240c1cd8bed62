// SPDX-License-Identifier: MIT
#include <ostream>

#include <gtest/gtest.h>

#include "idx_fixtures.hpp"
#include "tally/core/text.hpp"
#include "tally/data/idx_file.hpp"

// Files damaged in every way that was thought of, each with the exact message that it earns.
namespace tally {
namespace {

constexpr int kClasses = 10;

struct DamagedFile {
  std::string test_name;
  IdxContent content;
  std::string file_name;
  std::string data;
  std::string message;  ///< after the path
  friend std::ostream& operator<<(std::ostream& out, const DamagedFile& file) {
    return out << file.test_name;
  }
};

class Damage : public testing::TestWithParam<DamagedFile> {};

void read_images(const std::filesystem::path& path) {
  IdxImageReader reader(open_idx(path));
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(reader.image_bytes()));
  for (std::int64_t image = 0; image < reader.count(); ++image) reader.read(pixels);
  reader.finish();
}

TEST_P(Damage, EarnsItsExactMessage) {
  const DamagedFile& file = GetParam();
  const TemporaryDirectory directory;
  const auto path = directory.write(file.file_name, file.data);
  const std::string message = error_of([&] {
    if (file.content == IdxContent::kImages) {
      read_images(path);
    } else {
      read_idx_labels(open_idx(path), kClasses);
    }
  });
  EXPECT_EQ(message, path.string() + file.message);
}

std::string test_name(const testing::TestParamInfo<DamagedFile>& test) {
  return test.param.test_name;
}

DamagedFile images(std::string name, std::string data, std::string message) {
  return {std::move(name), IdxContent::kImages, "images", std::move(data), std::move(message)};
}

DamagedFile packed_images(std::string name, std::string data, std::string message) {
  return {std::move(name), IdxContent::kImages, "images.gz", std::move(data), std::move(message)};
}

DamagedFile labels(std::string name, std::string data, std::string message) {
  return {std::move(name), IdxContent::kLabels, "labels", std::move(data), std::move(message)};
}

std::string without_last(std::string data, std::size_t count) {
  data.resize(data.size() - count);
  return data;
}

std::string with_byte(std::string data, std::size_t at, int value) {
  data.at(at) = static_cast<char>(value);
  return data;
}

std::string with_flipped_byte(std::string data, std::size_t at) {
  data.at(at) = static_cast<char>(~data.at(at));
  return data;
}

std::string largest_claim_packed() {
  return gzip(image_header(0x7FFFFFFF, 4096, 4096));
}

constexpr const char* kEmpty = ": is empty; download it again";
constexpr const char* kWebPage =
    ": is a web page (HTML or XML), not data: its download failed; download it again, from another "
    "mirror";

INSTANTIATE_TEST_SUITE_P(
    WrongFiles, Damage,
    testing::Values(
        images("Empty", "", kEmpty), packed_images("EmptyGzip", "", kEmpty),
        packed_images("GzipOfNothing", gzip(""), kEmpty), labels("EmptyLabels", "", kEmpty),
        images("WebPage", "<!DOCTYPE html><html>404</html>", kWebPage),
        packed_images("WebPageNamedGzip", "\n\n<html><body>Sign in</body></html>", kWebPage),
        packed_images("WebPageInGzip", gzip("<?xml version=\"1.0\"?><Error/>"), kWebPage),
        packed_images("PlainNamedGzip", good_images(),
                      ": is not compressed; remove .gz from its name"),
        packed_images("OtherNamedGzip", "PK\x03\x04",
                      ": is not a gzip file (expected to start with 1F 8B, got 50 4B); download it "
                      "again"),
        packed_images("OneByteNamedGzip", "\x1F",
                      ": is not a gzip file (expected to start with 1F 8B, got 1F); download it "
                      "again"),
        images("GzipNamedPlain", gzip(good_images()), ": is packed with gzip; add .gz to its name"),
        packed_images("GzipTwice", gzip(gzip(good_images())),
                      ": was packed with gzip twice; unpack it twice with gunzip -c"),
        images("PngFile", "\x89PNG\r\n\x1A\n",
               ": is not an IDX file (expected to start with 00 00 08 03, got 89 50 4E 47); "
               "download it again"),
        labels("FirstByteNotZero", with_byte(good_labels(), 0, 1),
               ": is not an IDX file (expected to start with 00 00 08 01, got 01 00 08 01); "
               "download it again"),
        images("SecondByteNotZero", with_byte(good_images(), 1, 1),
               ": is not an IDX file (expected to start with 00 00 08 03, got 00 01 08 03); "
               "download it again")),
    test_name);

INSTANTIATE_TEST_SUITE_P(
    WrongHeaders, Damage,
    testing::Values(
        images("LittleEndianImages", bytes({3, 8, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 9}),
               ": has a little-endian header (expected to start with 00 00 08 03, got 03 08 00 "
               "00); write it with big-endian numbers"),
        labels("LittleEndianLabels", bytes({1, 8, 0, 0, 1, 0, 0, 0, 5}),
               ": has a little-endian header (expected to start with 00 00 08 01, got 01 08 00 "
               "00); write it with big-endian numbers"),
        images("FloatImages", with_byte(good_images(), 2, 0x0D),
               ": has elements of type 0x0D (float), expected 0x08 (unsigned byte); convert its "
               "values to bytes of 0 to 255"),
        labels("IntegerLabels", with_byte(good_labels(), 2, 0x0C),
               ": has elements of type 0x0C (32-bit integer), expected 0x08 (unsigned byte); "
               "convert its values to bytes of 0 to 255"),
        images("FiveDimensions", with_byte(good_images(), 3, 5),
               ": has 5 dimensions, expected 3 of grey images (count, rows, columns) or 4 of "
               "colour images (and channels); convert it to images of bytes and their labels"),
        images("NoDimension", with_byte(good_images(), 3, 0),
               ": has 0 dimensions, expected 3 of grey images (count, rows, columns) or 4 of "
               "colour images (and channels); convert it to images of bytes and their labels"),
        labels(
            "TwoDimensionalLabels", with_byte(good_labels(), 3, 2),
            ": has 2 dimensions, expected 1 of labels (count); convert it to images of bytes and "
            "their labels"),
        images("LabelsAsImages", good_labels(),
               ": is a file of labels, expected images; give each file the name of its content"),
        labels("ImagesAsLabels", good_images(),
               ": is a file of images, expected labels; give each file the name of its content"),
        images("MagicCut", good_images().substr(0, 3),
               ": truncated in its header (expected 16 bytes, got 3); download it again"),
        images("SizesCut", good_images().substr(0, 15),
               ": truncated in its header (expected 16 bytes, got 15); download it again"),
        labels("LabelCountCut", good_labels().substr(0, 7),
               ": truncated in its header (expected 8 bytes, got 7); download it again"),
        packed_images("SizesCutInGzip", gzip(good_images().substr(0, 12)),
                      ": truncated in its header (expected 16 bytes, got 12); download it again"),
        images("NoImages", image_header(0, 28, 28), ": holds no images; download it again"),
        labels("NoLabels", label_header(0), ": holds no labels; download it again"),
        images("CountOverflow", image_header(0x80000000, 28, 28),
               ": claims 2 147 483 648 images, expected 2 147 483 647 at most; download it again"),
        labels("LabelCountOverflow", label_header(0xFFFFFFFF),
               ": claims 4 294 967 295 labels, expected 2 147 483 647 at most; download it again"),
        images("NoRows", image_header(1, 0, 28),
               ": claims images of 0 x 28 pixels, expected 1 to 4 096 rows and columns; download "
               "it again"),
        images("NoColumns", image_header(1, 28, 0),
               ": claims images of 28 x 0 pixels, expected 1 to 4 096 rows and columns; download "
               "it again"),
        images("TooManyRows", image_header(1, 4097, 28),
               ": claims images of 4 097 x 28 pixels, expected 1 to 4 096 rows and columns; "
               "download it again"),
        images("TooManyColumns", image_header(1, 28, 0xFFFFFFFF),
               ": claims images of 28 x 4 294 967 295 pixels, expected 1 to 4 096 rows and "
               "columns; download it again")),
    test_name);

INSTANTIATE_TEST_SUITE_P(
    WrongLengths, Damage,
    testing::Values(
        images("NoData", image_header(1000, 2, 3),
               ": truncated at image 0 of 1 000 (expected 6 016 bytes, got 16); download it again"),
        images("CutBetweenImages", without_last(good_images(), 12),
               ": truncated at image 998 of 1 000 (expected 6 016 bytes, got 6 004); download it "
               "again"),
        images("CutInTheLastImage", without_last(good_images(), 1),
               ": truncated at image 999 of 1 000 (expected 6 016 bytes, got 6 015); download it "
               "again"),
        packed_images("CutInsideGzip", gzip(without_last(good_images(), 13)),
                      ": truncated at image 997 of 1 000 (expected 6 016 bytes, got 6 003); "
                      "download it again"),
        labels("CutLabels", without_last(good_labels(), 1),
               ": truncated at label 999 of 1 000 (expected 1 008 bytes, got 1 007); download it "
               "again"),
        images("LargestClaim", image_header(0x7FFFFFFF, 4096, 4096) + "few",
               ": truncated at image 0 of 2 147 483 647 (expected 36 028 797 002 186 768 bytes, "
               "got 19); download it again"),
        packed_images("LargestClaimInGzip", largest_claim_packed(),
                      ": claims 2 147 483 647 images (36 028 797 002 186 768 bytes), but gzip data "
                      "of its size can hold " +
                          grouped(1032 * std::ssize(largest_claim_packed())) +
                          " at most; download it again"),
        images("OneByteMore", good_images() + "x",
               ": goes on after its 1 000 images (expected 6 016 bytes, got more); download it "
               "again"),
        labels("MoreLabels", good_labels() + "more",
               ": goes on after its 1 000 labels (expected 1 008 bytes, got more); download it "
               "again"),
        packed_images("SecondMemberTooMany", gzip(good_images()) + gzip("x"),
                      ": goes on after its 1 000 images (expected 6 016 bytes, got more); download "
                      "it again"),
        packed_images("Bomb", gzip(image_header(1, 2, 2) + zeros(2'000'000)),
                      ": goes on after its 1 image (expected 20 bytes, got more); download it "
                      "again")),
    test_name);

INSTANTIATE_TEST_SUITE_P(
    WrongLabels, Damage,
    testing::Values(labels("FirstLabelTooLarge", with_byte(good_labels(), 8, 10),
                           ": label 0 of 1 000 is 10, expected 0 to 9; use data of 10 classes, or "
                           "a network with more"),
                    labels("LastLabelTooLarge", with_byte(good_labels(), 1007, 255),
                           ": label 999 of 1 000 is 255, expected 0 to 9; use data of 10 classes, "
                           "or a network with more")),
    test_name);

INSTANTIATE_TEST_SUITE_P(
    WrongGzip, Damage,
    testing::Values(
        packed_images("HeaderCut", gzip(good_images()).substr(0, 9),
                      ": its gzip data is truncated (0 bytes unpacked); download it again"),
        packed_images("TrailerCut", without_last(gzip(good_images()), 1),
                      ": its gzip data is truncated (6 016 bytes unpacked); download it again"),
        packed_images("TrailerMissing", without_last(gzip(good_images()), 8),
                      ": its gzip data is truncated (6 016 bytes unpacked); download it again"),
        packed_images("WrongChecksum",
                      with_flipped_byte(gzip(good_images()), gzip(good_images()).size() - 8),
                      ": its gzip data has a wrong checksum (6 016 bytes unpacked); download it "
                      "again"),
        packed_images("WrongLength",
                      with_flipped_byte(gzip(good_images()), gzip(good_images()).size() - 1),
                      ": its gzip data has a wrong length (6 016 bytes unpacked); download it "
                      "again"),
        packed_images("WrongMethod", with_byte(gzip(good_images()), 2, 7),
                      ": its gzip data is damaged: unknown compression method (0 bytes unpacked); "
                      "download it again"),
        packed_images("WrongBlockType", with_byte(gzip(good_images()), 10, 7),
                      ": its gzip data is damaged: invalid block type (0 bytes unpacked); download "
                      "it again"),
        packed_images("OtherDataAfter", gzip(good_images()) + "garbage",
                      ": has other data after its gzip data (6 016 bytes unpacked); download it "
                      "again"),
        packed_images("OneByteAfter", gzip(good_images()) + "\x1F",
                      ": has other data after its gzip data (6 016 bytes unpacked); download it "
                      "again"),
        packed_images("SecondMemberDamaged", gzip(good_images()) + "\x1F\x8Bxxxxxxxxxxxxxxxx",
                      ": its gzip data is damaged: unknown compression method (6 016 bytes "
                      "unpacked); download it again")),
    test_name);

// Whatever is missing at the end is noticed.
TEST(EveryPrefix, IsRefused) {
  const TemporaryDirectory directory;
  const std::string plain = image_header(2, 3, 3) + noise(18);
  const std::string packed = gzip(plain);
  for (std::size_t size = 0; size < plain.size(); ++size) {
    EXPECT_THROW(read_images(directory.write("images", plain.substr(0, size))), Error) << size;
  }
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_THROW(read_images(directory.write("images.gz", packed.substr(0, size))), Error) << size;
  }
}

}  // namespace
}  // namespace tally
