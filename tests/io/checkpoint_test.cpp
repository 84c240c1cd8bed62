// SPDX-License-Identifier: MIT
#include "tally/io/checkpoint.hpp"

#include <bit>
#include <cstring>

#include <gtest/gtest.h>

#include "checkpoint_fixtures.hpp"
#include "h5_fixtures.hpp"
#include "support/peak_memory.hpp"
#include "tally/core/text.hpp"
#include "tally/io/h5_file.hpp"
#include "tally/nn/layer_spec.hpp"

namespace tally {
namespace {

// As the message of an unknown layer has them.
std::string known_layers() {
  std::string text;
  const std::vector<std::string_view> all = layer_notations();
  for (std::size_t i = 0; i < all.size(); ++i) {
    text += i == 0 ? "" : i + 1 < all.size() ? ", " : " or ";
    text += all[i];
  }
  return text;
}

TrainingState there_and_back(const TrainingState& state) {
  return decode_checkpoint(encode_checkpoint(state), "x.h5");
}

std::uint64_t bits(double number) {
  return std::bit_cast<std::uint64_t>(number);
}

using Bits = std::vector<std::uint64_t>;

Bits bits(const EpochRow& row) {
  return {std::bit_cast<std::uint64_t>(row.epoch),
          std::bit_cast<std::uint64_t>(row.step),
          std::bit_cast<std::uint64_t>(row.samples),
          bits(row.learning_rate),
          bits(row.train.loss),
          bits(row.train.accuracy),
          bits(row.validation.loss),
          bits(row.validation.accuracy),
          bits(row.test.loss),
          bits(row.test.accuracy)};
}

Bits bits(const StepRow& row) {
  return {std::bit_cast<std::uint64_t>(row.step),
          std::bit_cast<std::uint64_t>(row.epoch),
          std::bit_cast<std::uint64_t>(row.samples),
          bits(row.learning_rate),
          bits(row.train.loss),
          bits(row.train.accuracy)};
}

template <typename Row>
std::vector<Bits> bits(const std::vector<Row>& rows) {
  std::vector<Bits> result;
  for (const Row& row : rows) result.push_back(bits(row));
  return result;
}

Bits bits(const Progress& progress) {
  const auto count = [](std::int64_t value) { return std::bit_cast<std::uint64_t>(value); };
  return {count(progress.epoch),         count(progress.epoch_step),
          count(progress.step),          count(progress.samples),
          bits(progress.epoch_loss_sum), count(progress.epoch_correct),
          count(progress.epoch_samples), bits(progress.elapsed_seconds)};
}

std::string raw(const AlignedVector& vector) {
  return as_text(std::as_bytes(std::span(vector)));
}

void expect_same(const TrainingState& found, const TrainingState& expected) {
  EXPECT_EQ(texts_of(found.config), texts_of(expected.config));
  EXPECT_EQ(found.data, expected.data);
  EXPECT_EQ(found.build.version, expected.build.version);
  EXPECT_EQ(found.build.compiler, expected.build.compiler);
  EXPECT_EQ(found.build.instruction_set, expected.build.instruction_set);
  EXPECT_EQ(found.build.kernel_backend, expected.build.kernel_backend);
  EXPECT_EQ(found.layout.size(), expected.layout.size());
  EXPECT_EQ(raw(found.parameters), raw(expected.parameters));
  EXPECT_EQ(raw(found.velocity), raw(expected.velocity));
  EXPECT_EQ(bits(found.progress), bits(expected.progress));
  EXPECT_EQ(bits(found.history.epochs), bits(expected.history.epochs));
  EXPECT_EQ(bits(found.history.steps), bits(expected.history.steps));
}

// The message about a checkpoint that was written from a state which contradicts itself.
std::string refusal(const TrainingState& state) {
  return failure_of([&] { there_and_back(state); });
}

std::string refusal(const std::vector<std::byte>& file) {
  EXPECT_EQ(damage_of_checkpoint(file), "");
  return failure_of([&] { decode_checkpoint(file, "x.h5"); });
}

TEST(Checkpoint, GivesBackEveryBitOfTheState) {
  const TrainingState state = small_state();
  expect_same(there_and_back(state), state);
  EXPECT_EQ(training_digest(there_and_back(state)), training_digest(state));
}

TEST(Checkpoint, GivesBackStatisticsWhichHaveNoVelocity) {
  TrainingState state = small_state_with_statistics();
  expect_same(there_and_back(state), state);
  const Digest expected = training_digest(state);
  EXPECT_EQ(training_digest(there_and_back(state)), expected);
  const ParameterBlock& variance = state.layout.blocks()[5];
  ASSERT_EQ(variance.name(), "1-batch-norm/running_var");
  state.velocity[variance.offset] = 1;
  EXPECT_EQ(training_digest(state), expected);
  state.parameters[variance.offset] = -0.5F;
  EXPECT_NE(training_digest(state), expected);
  EXPECT_EQ(refusal(state),
            "exit 4: x.h5: /model/1-batch-norm/running_var: expected at least 0, got -0.5 at "
            "position 0");
}

TEST(Checkpoint, KeepsRolesAndChannels) {
  TrainingState state = small_state_with_statistics();
  state.data.channels = 3;
  state.layout = parameter_layout(state.config, state.data);
  state.parameters.assign(state.layout.size(), 0);
  state.velocity = state.parameters;
  const std::vector<std::byte> file = encode_checkpoint(state);
  EXPECT_EQ(decode_checkpoint(file, "x.h5").data.channels, 3);
  EXPECT_EQ(refusal(with_text(file, "statistic", "statesman")),
            "exit 4: x.h5: /model/1-batch-norm/running_mean/role: expected statistic, got "
            "\"statesman\"");
}

TEST(Checkpoint, GivesBackTheStateBeforeTheFirstStep) {
  TrainingState state = small_state();
  state.config = RunConfig{};
  resolve(state.config);
  state.data.rows = 28;
  state.data.columns = 28;
  state.layout = parameter_layout(state.config, state.data);
  state.parameters.assign(state.layout.size(), 0);
  state.velocity.assign(state.layout.size(), 0);
  state.progress = {};
  state.history = {};
  expect_same(there_and_back(state), state);
}

TEST(Checkpoint, KeepsACalibrationBesideTheState) {
  const TrainingState state = small_state();
  const Calibration calibration{1.375, 5'000, {}};
  const std::vector<std::byte> file = encode_checkpoint(state, calibration);
  EXPECT_EQ(decode_calibration(file, "x.h5"), calibration);
  expect_same(decode_checkpoint(file, "x.h5"), state);
  EXPECT_EQ(decode_calibration(encode_checkpoint(state), "x.h5"), std::nullopt);
}

TEST(Checkpoint, KeepsANetworkThatTellsDigitsFromOthers) {
  const Calibration calibration = small_calibration();
  const std::vector<std::byte> file = encode_checkpoint(small_state(), calibration);
  EXPECT_EQ(decode_calibration(file, "x.h5"), calibration);
  expect_same(decode_checkpoint(file, "x.h5"), small_state());
}

TEST(Checkpoint, WithANetworkForOutliersThatDoesNotFitItsParametersIsRefused) {
  const std::vector<std::byte> file = encode_checkpoint(small_state(), small_calibration());
  const auto refusal_of = [&](const std::string& spec) {
    return failure_of(
        [&] { (void)decode_calibration(with_text(file, "dense:5,relu,dense:3", spec), "x.h5"); });
  };
  EXPECT_EQ(refusal_of("dense:4,relu,dense:3"),
            "exit 4: x.h5: /others/0-dense/weight: expected shape 7 x 4, got 7 x 5");
  EXPECT_EQ(
      refusal_of("dense:5,relx,dense:3"),
      "exit 4: x.h5: /others: network \"dense:5,relx,dense:3\": \"relx\" at character 9, on 5, is "
      "no layer; expected " +
          known_layers());
  for (const std::int64_t inputs : {std::int64_t{0}, std::int64_t{1} << 40}) {
    EXPECT_THROW((void)parameter_layout(OutlierNetwork{"dense:2", flat(inputs), {}}), Error);
  }
}

TEST(Checkpoint, OfAnImpossibleTemperatureIsRefused) {
  for (const double temperature : {0.0, -1.0, std::numeric_limits<double>::infinity()}) {
    const std::vector<std::byte> file =
        encode_checkpoint(small_state(), Calibration{temperature, 1, {}});
    EXPECT_THROW((void)decode_calibration(file, "x.h5"), Error);
  }
}

TEST(Checkpoint, BeginsWithTheLinesThatAreDocumented) {
  const std::vector<std::byte> file = encode_checkpoint(small_state());
  EXPECT_EQ(file, signed_again(file));
  const std::string lines =
      fmt::format("TALLY CHECKPOINT\nformat 1\nbytes {}\nsha256 ", file.size() - 512);
  EXPECT_EQ(as_text(file).substr(0, lines.size()), lines);
}

TEST(Checkpoint, HasTheParametersOfEachLayerUnderTheirNames) {
  const TrainingState state = small_state();
  const std::vector<std::byte> file = encode_checkpoint(state);
  const H5Reader reader(file, "x.h5");
  for (const auto& [root, vector] :
       {std::pair("/model", &state.parameters), {"/optimizer", &state.velocity}}) {
    std::vector<float> weights(12);
    reader.matrix(std::string(root) + "/0-dense/weight", 4, 3, weights);
    EXPECT_EQ(weights, state.layout.blocks()[0].values(*vector));
    std::vector<float> biases(2);
    reader.matrix(std::string(root) + "/2-dense/bias", 1, 2, biases);
    EXPECT_EQ(biases, state.layout.blocks()[3].values(*vector));
  }
  EXPECT_EQ(reader.integer("/", "format"), 1);
  EXPECT_EQ(reader.integer("/progress", "step"), 70);
  EXPECT_EQ(reader.text_attribute("/data", "sha256_train-images-idx3-ubyte"), std::string(64, 'a'));
  EXPECT_EQ(reader.integer_column("/history/steps/step"), (std::vector<std::int64_t>{10, 20}));
}

TEST(Checkpoint, OfANewerFormatIsRefusedAsSuch) {
  EXPECT_EQ(refusal(signed_again(encode_checkpoint(small_state()), 2)),
            "exit 4: x.h5: expected checkpoint format 1, got 2; use the version of tally that "
            "wrote it, or a newer one");
}

TEST(Checkpoint, OfImagesPreparedInAnotherWayIsRefused) {
  EXPECT_EQ(
      refusal(with_text(encode_checkpoint(small_state()), "longer side 20", "longer side 24")),
      "exit 4: x.h5: its images were prepared in another way than this program does");
}

TEST(Checkpoint, WithAConfigurationThatIsNoneIsRefused) {
  const std::vector<std::byte> file = encode_checkpoint(small_state());
  EXPECT_EQ(refusal(with_text(file, "epochs = 7", "epochs = x")).substr(0, 31),
            "exit 4: x.h5: /config: line 11:");
  EXPECT_EQ(refusal(with_text(file, "epochs = 7", "epochz = 7")),
            "exit 4: x.h5: /config: epochz: there is no such option; see tally-train --help");
  EXPECT_EQ(refusal(with_text(file, "batch-size = 48", "batch-size = 00")).substr(0, 31),
            "exit 4: x.h5: /config: line 9: ");
  EXPECT_EQ(refusal(with_text(file, "batch-size = 48", "batch-size =  0")),
            "exit 4: x.h5: /config: batch-size: expected a whole number from 1 to 16 777 216, got "
            "\"0\"");
  EXPECT_EQ(refusal(with_text(file, "batch-size = 48", "batch-size = 47")),
            "exit 4: x.h5: /config: --micro-batch: expected a divisor of --batch-size 47, got 16; "
            "the largest one up to it is 1");
  EXPECT_EQ(refusal(with_text(file, "dense:3,tanh,dense:2", "dense:3,tanx,dense:2")),
            "exit 4: x.h5: /config: network \"dense:3,tanx,dense:2\": \"tanx\" at character 9, on "
            "3, is no "
            "layer; expected " +
                known_layers());
}

TEST(Checkpoint, WithANetworkThatDoesNotFitItsVectorsIsRefused) {
  TrainingState state = small_state();
  state.config.network = "dense:4,tanh,dense:2";
  EXPECT_EQ(refusal(state), "exit 4: x.h5: /model/0-dense/weight: expected shape 4 x 4, got 4 x 3");
  state.config.network = "dense:3,tanh,dense:2,dense:2";
  EXPECT_EQ(refusal(state), "exit 4: x.h5: /model/3-dense/weight: expected it to exist");
  state.config.network = "tanh,dense:3,dense:2";
  EXPECT_EQ(refusal(state), "exit 4: x.h5: /model/1-dense/weight: expected it to exist");
}

TEST(Checkpoint, WithANetworkLargerThanTheFileIsRefusedBeforeMemoryIsTaken) {
  TrainingState state = small_state();
  state.config.network = "dense:20000,dense:10000,dense:2";
  const std::vector<std::byte> file = encode_checkpoint(state);
  const std::int64_t before = peak_memory_bytes();
  EXPECT_EQ(refusal(file),
            fmt::format("exit 4: x.h5: expected room for 400 260 004 parameters and velocities, "
                        "got {} bytes",
                        grouped(static_cast<std::int64_t>(file.size()))));
  EXPECT_GT(before, 0);
  EXPECT_LT(peak_memory_bytes() - before, 50'000'000);
}

TEST(Checkpoint, OfImpossibleDataOrProgressIsRefused) {
  const std::string data =
      "exit 4: x.h5: /data: expected images of 1 x 1 to 4096 x 4096, of 1 to 4 channels";
  const std::string progress = "exit 4: x.h5: /progress: expected counts that fit each other";
  const auto after = [](auto change) {
    TrainingState state = small_state();
    change(state);
    return refusal(state);
  };
  EXPECT_EQ(after([](TrainingState& state) { state.data.rows = 0; }), data);
  EXPECT_EQ(after([](TrainingState& state) { state.data.columns = -2; }), data);
  EXPECT_EQ(after([](TrainingState& state) { state.data.rows = std::int64_t{1} << 62; }), data);
  EXPECT_EQ(after([](TrainingState& state) { state.data.columns = 4097; }), data);
  EXPECT_EQ(after([](TrainingState& state) { state.data.channels = 0; }), data);
  EXPECT_EQ(after([](TrainingState& state) { state.data.channels = 5; }), data);
  EXPECT_EQ(after([](TrainingState& state) { state.data.train_images = -1; }), data);
  EXPECT_EQ(after([](TrainingState& state) { state.data.test_images = -1; }), data);
  EXPECT_EQ(after([](TrainingState& state) { state.progress.epoch = -1; }), progress);
  EXPECT_EQ(after([](TrainingState& state) { state.progress.epoch_step = -1; }), progress);
  EXPECT_EQ(after([](TrainingState& state) { state.progress.step = 9; }), progress);
  EXPECT_EQ(after([](TrainingState& state) { state.progress.samples = -1; }), progress);
  EXPECT_EQ(after([](TrainingState& state) { state.progress.epoch_correct = 481; }), progress);
  EXPECT_EQ(after([](TrainingState& state) { state.progress.epoch_correct = -1; }), progress);
}

TEST(Checkpoint, OfNumbersThatAreNoneIsRefused) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto after = [](auto change) {
    TrainingState state = small_state();
    change(state);
    return refusal(state);
  };
  const ParameterBlock last = small_state().layout.blocks().back();
  const std::size_t in_last = positions_of(last)[1];
  EXPECT_EQ(after([&](TrainingState& state) { state.parameters[0] = kNan; }),
            "exit 4: x.h5: /model/0-dense/weight: expected finite numbers, got nan at position 0; "
            "use an earlier checkpoint");
  EXPECT_EQ(after([&](TrainingState& state) { state.parameters[in_last] = -kInfinity; }),
            "exit 4: x.h5: /model/2-dense/bias: expected finite numbers, got -inf at position 1; "
            "use an earlier checkpoint");
  EXPECT_EQ(after([&](TrainingState& state) { state.velocity[0] = kInfinity; }),
            "exit 4: x.h5: /optimizer/0-dense/weight: expected finite numbers, got inf at position "
            "0; use an earlier checkpoint");
  const std::string progress = "exit 4: x.h5: /progress: expected counts that fit each other";
  EXPECT_EQ(after([](TrainingState& state) { state.progress.epoch_loss_sum = kNan; }), progress);
  EXPECT_EQ(after([](TrainingState& state) { state.progress.elapsed_seconds = kInfinity; }),
            progress);
  EXPECT_EQ(after([](TrainingState& state) { state.progress.elapsed_seconds = -1; }), progress);

  Calibration calibration = small_calibration();
  calibration.outliers->parameters[0] = kNan;
  EXPECT_EQ(failure_of(
                [&] { decode_calibration(encode_checkpoint(small_state(), calibration), "x.h5"); }),
            "exit 4: x.h5: /others/0-dense/weight: expected finite numbers, got nan at position 0; "
            "use an earlier checkpoint");
}

TEST(Checkpoint, WithAHistoryOfUnevenColumnsIsRefused) {
  const std::vector<std::byte> file = encode_checkpoint(small_state());
  const auto refused_with_rows = [&](const std::string& path, hsize_t rows) {
    return refusal(signed_again(edited(file, [&](hid_t edit) {
      ok(H5Ldelete(edit, path.c_str(), H5P_DEFAULT));
      const std::vector<std::int64_t> values(rows, 5);
      const hid_t dataset = ok(H5Dcreate2(edit, path.c_str(), H5T_STD_I64LE, shape({rows}),
                                          H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
      ok(H5Dwrite(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
      ok(H5Dclose(dataset));
    })));
  };
  EXPECT_EQ(refused_with_rows("/history/epochs/samples", 2),
            "exit 4: x.h5: /history/epochs/samples: expected 3 rows as in the first column of its "
            "table, got 2");
  EXPECT_EQ(refused_with_rows("/history/epochs/epoch", 0),
            "exit 4: x.h5: /history/epochs/step: expected 0 rows as in the first column of its "
            "table, got 3");
  EXPECT_EQ(refused_with_rows("/history/steps/step", 1),
            "exit 4: x.h5: /history/steps/epoch: expected 1 row as in the first column of its "
            "table, got 2");
}

TEST(Checkpoint, WithoutOneOfItsObjectsIsRefused) {
  const std::vector<std::byte> file = encode_checkpoint(small_state());
  for (const std::string path :
       {"/config", "/data", "/build", "/progress", "/history", "/history/steps/train_loss",
        "/model/0-dense", "/model/2-dense/bias", "/optimizer/0-dense/weight"}) {
    const std::string failure = refusal(signed_again(
        edited(file, [&](hid_t edit) { ok(H5Ldelete(edit, path.c_str(), H5P_DEFAULT)); })));
    EXPECT_EQ(failure.substr(0, 14 + path.size()), "exit 4: x.h5: " + path);
    EXPECT_EQ(failure.substr(failure.rfind(": ")), ": expected it to exist");
  }
  for (const std::string name : {"step", "epoch_loss_sum"}) {
    EXPECT_EQ(refusal(signed_again(edited(file,
                                          [&](hid_t edit) {
                                            ok(H5Adelete_by_name(edit, "/progress", name.c_str(),
                                                                 H5P_DEFAULT));
                                          }))),
              "exit 4: x.h5: /progress/" + name + ": expected it to exist");
  }
}

}  // namespace
}  // namespace tally
