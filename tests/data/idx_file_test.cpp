// SPDX-License-Identifier: MIT
#include "tally/data/idx_file.hpp"

#include <gtest/gtest.h>

#include "idx_fixtures.hpp"

namespace tally {
namespace {

std::unique_ptr<ByteSource> memory(const std::string& data) {
  return memory_source("file", as_bytes(data));
}

std::unique_ptr<ByteSource> gzip_memory(const std::string& packed) {
  return gzip_source(memory_source("file.gz", as_bytes(packed)));
}

struct Images {
  std::string pixels;
  Digest digest{};
};

Images read_images(std::unique_ptr<ByteSource> source, std::int64_t images_at_once) {
  IdxImageReader reader(std::move(source));
  Images result;
  for (std::int64_t first = 0; first < reader.count(); first += images_at_once) {
    const std::int64_t images = std::min(images_at_once, reader.count() - first);
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(images * reader.image_bytes()));
    reader.read(pixels);
    result.pixels.append(pixels.begin(), pixels.end());
  }
  result.digest = reader.finish();
  return result;
}

TEST(IdxImageReader, KnowsWhatTheHeaderSays) {
  const std::string data = good_images();
  const IdxImageReader reader(memory(data));
  EXPECT_EQ(reader.count(), 1000);
  EXPECT_EQ(reader.rows(), 2);
  EXPECT_EQ(reader.columns(), 3);
  EXPECT_EQ(reader.image_bytes(), 6);
}

TEST(IdxImageReader, ReadsTheSameImagesAnyNumberAtATime) {
  const std::string data = good_images();
  const std::string packed = gzip(data);
  for (const std::int64_t images_at_once : {1, 3, 7, 999, 1000, 5000}) {
    EXPECT_EQ(read_images(memory(data), images_at_once).pixels, data.substr(16));
    EXPECT_EQ(read_images(gzip_memory(packed), images_at_once).pixels, data.substr(16));
  }
}

TEST(IdxImageReader, ReadsMembersThatAreCutAnywhere) {
  const std::string data = image_header(2, 2, 2) + noise(8);
  for (std::size_t cut = 0; cut <= data.size(); ++cut) {
    const std::string packed = gzip(data.substr(0, cut)) + gzip(data.substr(cut));
    EXPECT_EQ(read_images(gzip_memory(packed), 1).pixels, data.substr(16));
  }
}

TEST(IdxImageReader, GivesTheDigestOfTheUncompressedFile) {
  const std::string data = good_images();
  const std::string packed = gzip(data);
  EXPECT_EQ(read_images(memory(data), 7).digest, sha256(as_bytes(data)));
  EXPECT_EQ(read_images(gzip_memory(packed), 1000).digest, sha256(as_bytes(data)));
}

TEST(IdxImageReader, TakesNoMoreThanTheHeaderOfAFileThatClaimsTheMost) {
  const std::string data = image_header(0x7FFFFFFF, 4096, 4096) + noise(5000);
  CountingSource::Counts counts;
  EXPECT_THROW(IdxImageReader(std::make_unique<CountingSource>(memory(data), counts)), Error);
  EXPECT_EQ(counts.total, 16U);
}

TEST(IdxImageReader, TakesOneByteMoreThanTheHeaderOfABombPromises) {
  const std::string bomb = gzip(image_header(1, 2, 2) + zeros(2'000'000));
  CountingSource::Counts counts;
  EXPECT_THROW(read_images(std::make_unique<CountingSource>(gzip_memory(bomb), counts), 1), Error);
  EXPECT_EQ(counts.total, 21U);
}

TEST(IdxLabels, AreReadWithTheirDigest) {
  const std::string data = good_labels();
  const std::string packed = gzip(data);
  const IdxLabels plain = read_idx_labels(memory(data), 10);
  EXPECT_EQ(std::string(plain.labels.begin(), plain.labels.end()), data.substr(8));
  EXPECT_EQ(plain.digest, sha256(as_bytes(data)));
  const IdxLabels unpacked = read_idx_labels(gzip_memory(packed), 10);
  EXPECT_EQ(unpacked.labels, plain.labels);
  EXPECT_EQ(unpacked.digest, plain.digest);
}

TEST(IdxLabels, AreReadBeyondOneChunk) {
  const std::string labels(200'001, '\3');
  const std::string data = label_header(200'001) + labels;
  const IdxLabels read = read_idx_labels(memory(data), 4);
  EXPECT_EQ(std::string(read.labels.begin(), read.labels.end()), labels);
}

TEST(IdxLabels, MayUseEveryClass) {
  const std::string data = label_header(3) + bytes({0, 46, 255});
  EXPECT_NO_THROW(read_idx_labels(memory(data), 256));
  EXPECT_THROW(read_idx_labels(memory(data), 255), Error);
}

// A gzip file that is large enough for its claim of 2 GiB, but holds next to nothing.
TEST(IdxLabels, TakeMemoryForWhatHasArrivedOnly) {
  const std::string packed = gzip(label_header(0x7FFFFFFF) + "few") + std::string(3'000'000, 'x');
  CountingSource::Counts counts;
  EXPECT_THROW(read_idx_labels(std::make_unique<CountingSource>(gzip_memory(packed), counts), 10),
               Error);
  EXPECT_LE(counts.largest_chunk, 65536U);
  EXPECT_LE(counts.total, 65536U + 8U);
}

class FourNames : public testing::TestWithParam<std::string> {};

TEST_P(FourNames, AreOpenedAsTheirEndSays) {
  const TemporaryDirectory directory;
  const std::string data = good_images();
  const bool is_packed = GetParam().ends_with(".gz");
  const auto path = directory.write(GetParam(), is_packed ? gzip(data) : data);
  EXPECT_EQ(read_images(open_idx(path), 10).pixels, data.substr(16));
}

INSTANTIATE_TEST_SUITE_P(OpenIdx, FourNames,
                         testing::Values("train-images-idx3-ubyte", "train-images.idx3-ubyte",
                                         "train-images-idx3-ubyte.gz",
                                         "train-images.idx3-ubyte.gz"));

}  // namespace
}  // namespace tally
