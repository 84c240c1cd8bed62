// SPDX-License-Identifier: MIT
#include "checkpoint_edits.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <hdf5_hl.h>

#include "hdf5_kinds.hpp"

namespace tally {
namespace {

constexpr std::size_t kUserBlock = 512;
constexpr std::size_t kMostEdits = 6;

// Objects of a small checkpoint, and one that is not there.
const std::array kPaths = {
    "/config",
    "/data",
    "/build",
    "/progress",
    "/history",
    "/history/epochs",
    "/history/epochs/epoch",
    "/history/epochs/step",
    "/history/epochs/samples",
    "/history/epochs/learning_rate",
    "/history/epochs/train_loss",
    "/history/epochs/test_accuracy",
    "/history/steps",
    "/history/steps/step",
    "/history/steps/epoch",
    "/history/steps/train_accuracy",
    "/model",
    "/model/0-dense",
    "/model/0-dense/weight",
    "/model/0-dense/bias",
    "/model/2-dense/weight",
    "/optimizer",
    "/optimizer/0-dense/weight",
    "/optimizer/2-dense/bias",
    "/none",
    "/calibration",
    "/others",
    "/others/0-dense",
    "/others/0-dense/weight",
    "/others/0-dense/bias",
    "/others/2-dense",
    "/others/2-dense/weight",
    "/others/2-dense/bias",
    "/model/1-batch-norm",
    "/model/1-batch-norm/weight",
    "/model/1-batch-norm/running_mean",
    "/model/1-batch-norm/running_var",
    "/optimizer/1-batch-norm",
    "/optimizer/1-batch-norm/bias",
};

struct Attribute {
  const char* path;
  const char* name;
};

constexpr std::array kAttributes = {
    Attribute{"/", "format"},
    Attribute{"/", "preparation"},
    Attribute{"/data", "train_images"},
    Attribute{"/data", "test_images"},
    Attribute{"/data", "rows"},
    Attribute{"/data", "columns"},
    Attribute{"/data", "sha256_train-images-idx3-ubyte"},
    Attribute{"/build", "version"},
    Attribute{"/build", "kernel_backend"},
    Attribute{"/progress", "epoch"},
    Attribute{"/progress", "epoch_step"},
    Attribute{"/progress", "step"},
    Attribute{"/progress", "samples"},
    Attribute{"/progress", "epoch_loss_sum"},
    Attribute{"/progress", "epoch_correct"},
    Attribute{"/progress", "epoch_samples"},
    Attribute{"/progress", "elapsed_seconds"},
    Attribute{"/calibration", "temperature"},
    Attribute{"/calibration", "images"},
    Attribute{"/others", "network"},
    Attribute{"/others", "inputs"},
    Attribute{"/data", "channels"},
    Attribute{"/others", "rows"},
    Attribute{"/others", "columns"},
    Attribute{"/others", "channels"},
    Attribute{"/model/0-dense/weight", "role"},
    Attribute{"/model/1-batch-norm/running_var", "role"},
};

void remove(hid_t file, const std::string& path) {
  H5Ldelete(file, path.c_str(), H5P_DEFAULT);
}

void replace_dataset(hid_t file, const std::string& path, Input& input) {
  const H5Handle type = type_of(input);
  const H5Handle space = space_of(input);
  const H5Handle creation = property_list(H5P_DATASET_CREATE);
  set_layout(input, creation, space);
  remove(file, path);
  const H5Handle dataset(H5Dcreate2(file, path.c_str(), type.get(), space.get(), H5P_DEFAULT,
                                    creation.get(), H5P_DEFAULT),
                         H5Dclose);
  const std::vector<std::byte> values = values_of(input, type.get(), space.get());
  if (dataset.get() < 0 || values.empty()) return;
  H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
}

void replace_values(hid_t file, const std::string& path, Input& input) {
  const H5Handle dataset(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose);
  if (dataset.get() < 0) return;
  const H5Handle type(H5Dget_type(dataset.get()), H5Tclose);
  const H5Handle space(H5Dget_space(dataset.get()), H5Sclose);
  const std::vector<std::byte> values = values_of(input, type.get(), space.get());
  if (values.empty()) return;
  H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
}

void replace_text(hid_t file, const std::string& path, const std::string& text) {
  const H5Handle type = string_type(text.size() + 1);
  const H5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  remove(file, path);
  const H5Handle dataset(H5Dcreate2(file, path.c_str(), type.get(), space.get(), H5P_DEFAULT,
                                    H5P_DEFAULT, H5P_DEFAULT),
                         H5Dclose);
  if (dataset.get() < 0) return;
  H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.c_str());
}

// One line of the configuration with another value.
void replace_config_value(hid_t file, Input& input) {
  const H5Handle dataset(H5Dopen2(file, "/config", H5P_DEFAULT), H5Dclose);
  if (dataset.get() < 0) return;
  const H5Handle type(H5Dget_type(dataset.get()), H5Tclose);
  if (H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) > 0) return;
  std::string text(H5Tget_size(type.get()), '\0');
  if (text.size() > 4096 || H5Dget_storage_size(dataset.get()) != text.size()) return;
  H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data());
  std::size_t begin = 0;
  for (std::size_t line = input.below(32); line > 0; --line) begin = text.find('\n', begin) + 1;
  begin = std::min(text.find('=', begin), text.size());
  const std::size_t end = std::min(text.find('\n', begin), text.size());
  replace_text(file, "/config",
               text.substr(0, begin) + "= " + input.text(input.below(32)) + text.substr(end));
}

void replace_attribute(hid_t file, const Attribute& attribute, Input& input) {
  const auto& [path, name] = attribute;
  const bool has_other_type = input.below(2) == 1;
  const H5Handle old(H5Aopen_by_name(file, path, name, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const H5Handle type =
      has_other_type || old.get() < 0 ? type_of(input) : H5Handle(H5Aget_type(old.get()), H5Tclose);
  const H5Handle space = has_other_type || old.get() < 0
                             ? space_of(input)
                             : H5Handle(H5Aget_space(old.get()), H5Sclose);
  H5Adelete_by_name(file, path, name, H5P_DEFAULT);
  const H5Handle fresh(H5Acreate_by_name(file, path, name, type.get(), space.get(), H5P_DEFAULT,
                                         H5P_DEFAULT, H5P_DEFAULT),
                       H5Aclose);
  const std::vector<std::byte> values = values_of(input, type.get(), space.get());
  if (fresh.get() >= 0 && !values.empty()) H5Awrite(fresh.get(), type.get(), values.data());
}

void replace_link(hid_t file, const std::string& path, Input& input) {
  const std::string target = kPaths[input.below(kPaths.size())];
  const std::size_t kind = input.below(4);
  if (kind == 3) {
    H5Lmove(file, path.c_str(), file, target.c_str(), H5P_DEFAULT, H5P_DEFAULT);
    return;
  }
  const H5Handle kept(H5Oopen(file, target.c_str(), H5P_DEFAULT), H5Oclose);
  remove(file, path);
  if (kind == 0) H5Lcreate_soft(target.c_str(), file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT);
  if (kind == 1) {
    H5Lcreate_external(kOutside, target.c_str(), file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT);
  }
  if (kind == 2) H5Olink(kept.get(), file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT);
}

void edit(hid_t file, Input& input) {
  const std::size_t kind = input.below(8);
  const std::string path = kPaths[input.below(kPaths.size())];
  switch (kind) {
    case 0:
      return remove(file, path);
    case 1:
      return replace_dataset(file, path, input);
    case 2:
      return replace_values(file, path, input);
    case 3:
      return replace_link(file, path, input);
    case 4:
      return replace_config_value(file, input);
    case 5:
      return replace_text(file, path, input.text(input.byte()));
    case 6:
      remove(file, path);
      H5Gclose(H5Gcreate2(file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
      return;
    default:
      return replace_attribute(file, kAttributes[input.below(kAttributes.size())], input);
  }
}

}  // namespace

std::vector<std::byte> edited_checkpoint(std::vector<std::byte> file, Input input) {
  set_up_hdf5();
  // Or each opened file would take its table of half a megabyte anew from the system.
  H5set_free_list_limits(-1, -1, -1, -1, -1, -1);
  const H5Handle image(H5LTopen_file_image(file.data(), file.size(), H5LT_FILE_IMAGE_OPEN_RW),
                       H5Fclose);
  for (std::size_t i = 0; i < kMostEdits && !input.rest().empty(); ++i) edit(image.get(), input);
  H5Fflush(image.get(), H5F_SCOPE_LOCAL);
  const auto size = static_cast<std::size_t>(H5Fget_file_image(image.get(), nullptr, 0));
  file.assign(kUserBlock + size, std::byte{0});
  H5Fget_file_image(image.get(), file.data() + kUserBlock, size);
  return file;
}

}  // namespace tally
