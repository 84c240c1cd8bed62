// SPDX-License-Identifier: MIT
#include "tally/io/checkpoint.hpp"

#include <cmath>
#include <optional>

#include "checkpoint_fields.hpp"
#include "tally/core/error.hpp"
#include "tally/core/finite.hpp"
#include "tally/core/text.hpp"
#include "tally/io/config_file.hpp"
#include "tally/io/h5_file.hpp"
#include "user_block.hpp"

namespace tally {
namespace {

// What a program that prepares images for this network must agree with.
const std::string kPreparation =
    "grey value / 255; drawings: longer side 20, centre of mass at (14, 14) of 28 x 28";

// Of a dataset of parameters.
const std::string kRole = "role";

class Saving {
 public:
  explicit Saving(H5Writer& file) : file_(file) {}

  void group(const std::string& path) { file_.group(path); }

  template <typename Value>
  void value(const std::string& path, const std::string& name, const Value& value) {
    file_.attribute(path, name, value);
  }

  template <typename Value>
  void added_value(const std::string& path, const std::string& name, const Value& value) {
    file_.attribute(path, name, value);
  }

  void shape(const std::string& path, Shape shape) {
    file_.attribute(path, "inputs", shape.size());
    file_.attribute(path, "rows", shape.height);
    file_.attribute(path, "columns", shape.width);
    file_.attribute(path, "channels", shape.channels);
  }

  void role(const std::string& path, Role role) {
    file_.attribute(path, kRole, std::string(name_of(role)));
  }

  template <typename Row, typename Member>
  void column(const std::string& path, const std::vector<Row>& rows, Member member) {
    std::vector<std::remove_cvref_t<decltype(member(rows[0]))>> values;
    values.reserve(rows.size());
    for (const Row& row : rows) values.push_back(member(row));
    file_.column(path, values);
  }

  void block(const std::string& path, const ParameterBlock& block, const AlignedVector& vector) {
    file_.matrix(path, block.shape.rows, block.shape.columns, block.values(vector));
  }

 private:
  H5Writer& file_;
};

class Loading {
 public:
  Loading(const H5Reader& file, const std::string& name) : file_(file), name_(name) {}

  void group(const std::string& /*path*/) { table_rows_.reset(); }

  void value(const std::string& path, const std::string& name, std::int64_t& value) {
    value = file_.integer(path, name);
  }
  void value(const std::string& path, const std::string& name, double& value) {
    value = file_.number(path, name);
  }
  void value(const std::string& path, const std::string& name, std::string& value) {
    value = file_.text_attribute(path, name);
  }

  // What files of earlier versions lack keeps its value.
  void added_value(const std::string& path, const std::string& name, std::int64_t& value) {
    if (file_.has_attribute(path, name)) value = file_.integer(path, name);
  }

  // Files of earlier versions have the number of inputs alone.
  void shape(const std::string& path, Shape& shape) {
    shape = flat(file_.integer(path, "inputs"));
    if (!file_.has_attribute(path, "rows")) return;
    const Index inputs = shape.size();
    shape = {file_.integer(path, "rows"), file_.integer(path, "columns"),
             file_.integer(path, "channels")};
    constexpr Index kMost = 65'536;
    const auto is_side = [](Index side) { return side >= 1 && side <= kMost; };
    require(is_side(shape.height) && is_side(shape.width) && is_side(shape.channels) &&
                shape.size() == inputs,
            ExitCode::kCheckpoint, "{}: {}: expected {} inputs, got {} x {} x {}", name_, path,
            inputs, shape.height, shape.width, shape.channels);
  }

  // Likewise; where there is one, it is what the layer is made to have.
  void role(const std::string& path, Role role) {
    if (!file_.has_attribute(path, kRole)) return;
    const std::string found = file_.text_attribute(path, kRole);
    require(found == name_of(role), ExitCode::kCheckpoint, "{}: {}/role: expected {}, got \"{}\"",
            name_, path, name_of(role), printable(found));
  }

  // The first column of a table, which is a group, decides how many rows it has.
  template <typename Row, typename Member>
  void column(const std::string& path, std::vector<Row>& rows, Member member) {
    const auto values = [&] {
      using Value = std::remove_cvref_t<decltype(member(rows[0]))>;
      if constexpr (std::is_same_v<Value, double>) return file_.number_column(path);
      if constexpr (!std::is_same_v<Value, double>) return file_.integer_column(path);
    }();
    if (!table_rows_) rows.resize(table_rows_.emplace(values.size()));
    require(rows.size() == values.size(), ExitCode::kCheckpoint,
            "{}: {}: expected {} as in the first column of its table, got {}", name_, path,
            counted(rows.size(), "row"), values.size());
    for (std::size_t i = 0; i < rows.size(); ++i) member(rows[i]) = values[i];
  }

  void block(const std::string& path, const ParameterBlock& block, AlignedVector& vector) {
    std::vector<Real> values(block.size());
    file_.matrix(path, block.shape.rows, block.shape.columns, values);
    if (const std::size_t bad = first_not_finite(values); bad < values.size()) {
      fail(ExitCode::kCheckpoint,
           "{}: {}: expected finite numbers, got {} at position {}; use an earlier checkpoint",
           name_, path, values[bad], bad);
    }
    const auto low =
        std::ranges::find_if(values, [&](Real value) { return value < block.shape.least; });
    if (low != values.end()) {
      fail(ExitCode::kCheckpoint, "{}: {}: expected at least {}, got {} at position {}", name_,
           path, block.shape.least, *low, low - values.begin());
    }
    block.put(values, vector);
  }

 private:
  const H5Reader& file_;
  const std::string& name_;
  std::optional<std::size_t> table_rows_;
};

void require_plausible(const TrainingState& state, const std::string& name) {
  const DataFingerprint& data = state.data;
  const bool is_image = data.rows >= 1 && data.columns >= 1 && data.rows <= 4096 &&
                        data.columns <= 4096 && data.channels >= 1 &&
                        data.channels <= kMostImageChannels && data.train_images >= 0 &&
                        data.test_images >= 0;
  require(is_image, ExitCode::kCheckpoint,
          "{}: /data: expected images of 1 x 1 to 4096 x 4096, of 1 to {} channels", name,
          kMostImageChannels);
  const Progress& progress = state.progress;
  const bool is_forward =
      progress.epoch >= 0 && progress.epoch_step >= 0 && progress.samples >= 0 &&
      progress.step >= progress.epoch_step && progress.epoch_correct >= 0 &&
      progress.epoch_samples >= progress.epoch_correct && std::isfinite(progress.epoch_loss_sum) &&
      std::isfinite(progress.elapsed_seconds) && progress.elapsed_seconds >= 0;
  require(is_forward, ExitCode::kCheckpoint, "{}: /progress: expected counts that fit each other",
          name);
}

/// Before memory is taken for a network's numbers, they must fit the file.
void require_room(std::size_t numbers, std::size_t file_bytes, const std::string& name) {
  require(numbers <= file_bytes / sizeof(float), ExitCode::kCheckpoint,
          "{}: expected room for {} parameters and velocities, got {} bytes", name,
          grouped(numbers), grouped(file_bytes));
}

void allocate_vectors(TrainingState& state, std::size_t file_bytes, const std::string& name) {
  try {
    resolve(state.config);
    state.layout = parameter_layout(state.config, state.data);
  } catch (const Error& error) {
    fail(ExitCode::kCheckpoint, "{}: /config: {}", name, error.what());
  }
  require_room(state.layout.count() + state.layout.learned_count(), file_bytes, name);
  state.parameters.assign(state.layout.size(), 0);
  state.velocity.assign(state.layout.size(), 0);
}

void save_outliers(Saving& saving, const OutlierNetwork& outliers) {
  transfer_outlier_facts(saving, outliers);
  transfer_parameters(saving, "/others", parameter_layout(outliers), outliers.parameters);
}

OutlierNetwork load_outliers(Loading& loading, std::size_t file_bytes, const std::string& name) {
  OutlierNetwork outliers;
  transfer_outlier_facts(loading, outliers);
  ParameterLayout layout;
  try {
    layout = parameter_layout(outliers);
  } catch (const Error& error) {
    fail(ExitCode::kCheckpoint, "{}: /others: {}", name, error.what());
  }
  require_room(layout.count(), file_bytes, name);
  outliers.parameters.assign(layout.size(), 0);
  transfer_parameters(loading, "/others", layout, outliers.parameters);
  return outliers;
}

}  // namespace

std::string damage_of_checkpoint(std::span<const std::byte> file) {
  const UserBlock block = read_user_block(file, file.size());
  if (!block.damage.empty()) return block.damage;
  PayloadDigest digest(block.format, file.size());
  digest.add(file.subspan(kUserBlockBytes));
  return digest.damage(file);
}

std::vector<std::byte> encode_checkpoint(const TrainingState& state,
                                         const std::optional<Calibration>& calibration) {
  H5Writer file;
  Saving saving(file);
  file.attribute("/", "format", kCheckpointFormat);
  file.attribute("/", "preparation", kPreparation);
  file.text("/config", to_toml(state.config));
  transfer_facts(saving, state);
  transfer_vectors(saving, state);
  if (calibration) {
    transfer_calibration(saving, *calibration);
    if (calibration->outliers) save_outliers(saving, *calibration->outliers);
  }
  std::vector<std::byte> bytes = file.image();
  sign_checkpoint(bytes, kCheckpointFormat);
  return bytes;
}

TrainingState decode_checkpoint(std::span<const std::byte> file, const std::string& name) {
  const std::int64_t format = read_user_block(file, file.size()).format;
  require(format == kCheckpointFormat, ExitCode::kCheckpoint,
          "{}: expected checkpoint format {}, got {}; use the version of tally that wrote it{}",
          name, kCheckpointFormat, format, format < kCheckpointFormat ? "" : ", or a newer one");
  const H5Reader reader(file, name);
  require(reader.text_attribute("/", "preparation") == kPreparation, ExitCode::kCheckpoint,
          "{}: its images were prepared in another way than this program does", name);
  TrainingState state;
  try {
    state.config = config_from_toml(reader.text("/config"), name + ": /config");
    Loading loading(reader, name);
    transfer_facts(loading, state);
    require_plausible(state, name);
    allocate_vectors(state, file.size(), name);
    transfer_vectors(loading, state);
  } catch (const Error& error) {
    throw Error(ExitCode::kCheckpoint, error.what());
  }
  return state;
}

std::optional<Calibration> decode_calibration(std::span<const std::byte> file,
                                              const std::string& name) {
  const H5Reader reader(file, name);
  if (!reader.has("/calibration")) return std::nullopt;
  Calibration calibration;
  Loading loading(reader, name);
  transfer_calibration(loading, calibration);
  require(calibration.temperature > 0 && std::isfinite(calibration.temperature),
          ExitCode::kCheckpoint, "{}: /calibration/temperature: expected a number above 0, got {}",
          name, calibration.temperature);
  if (reader.has("/others")) calibration.outliers = load_outliers(loading, file.size(), name);
  return calibration;
}

}  // namespace tally
