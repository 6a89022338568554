// SPDX-License-Identifier: Apache-2.0
// Lists folders of classes.
#include "tb/data/class_folder.h"

#include <algorithm>
#include <filesystem>

#include "types/error.h"

namespace systoliq::tb {
namespace {

namespace fs = std::filesystem;

bool hidden(const fs::path& path) { return path.filename().string().rfind('.', 0) == 0; }

bool holds(const std::vector<std::string>& endings, const std::string& ending) {
  return std::count(endings.begin(), endings.end(), ending) != 0;
}

std::string ending_of(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return ending;
}

/// The folder of a split, or the whole one.
fs::path split_folder(const fs::path& folder, const std::string& split) {
  if (!fs::is_directory(folder)) throw InputError(folder.string() + ": no such folder");
  const fs::path train = folder / "train";
  const fs::path test = fs::is_directory(folder / "test") ? folder / "test" : folder / "val";
  if (!fs::is_directory(train) && !fs::is_directory(test)) return folder;
  const fs::path& chosen = split == "train" ? train : test;
  if (fs::is_directory(chosen)) return chosen;
  throw InputError(chosen.string() + ": no such folder beside that of the other split; accepted: train and test (or " +
                   "val), or neither");
}

class Lister final {
 public:
  Lister(const std::vector<std::string>& endings, const std::vector<std::string>& strange)
      : endings_(endings), strange_(strange) {}

  /// Accepted files of a folder by name, those of the folders in it too.
  std::vector<std::string> files_below(const fs::path& folder) const {
    std::vector<std::string> files;
    for (fs::recursive_directory_iterator at(folder), end; at != end; ++at) {
      if (hidden(at->path())) {
        if (at->is_directory()) at.disable_recursion_pending();
      } else if (at->is_regular_file()) {
        add(at->path(), &files);
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  void add(const fs::path& path, std::vector<std::string>* files) const {
    const std::string ending = ending_of(path);
    if (holds(endings_, ending)) files->push_back(path.string());
    if (holds(strange_, ending))
      throw InputError(path.string() + ": files " + ending + " are not read; accepted: " + accepted());
  }

  std::string accepted() const {
    std::string names;
    for (const std::string& ending : endings_) names += (names.empty() ? "" : ", ") + ending;
    return names;
  }

 private:
  const std::vector<std::string>&endings_, strange_;
};

/// First of every class, second of every class, and so on.
void interleave(const std::vector<std::vector<std::string>>& classes, ClassFiles* found) {
  std::size_t longest = 0;
  for (const std::vector<std::string>& files : classes) longest = std::max(longest, files.size());
  for (std::size_t i = 0; i < longest; ++i) {
    for (std::size_t label = 0; label < classes.size(); ++label) {
      if (i < classes[label].size()) found->files.emplace_back(classes[label][i], static_cast<int>(label));
    }
  }
}

}  // namespace

ClassFiles list_class_files(const std::string& folder, const std::string& split,
                            const std::vector<std::string>& endings, const std::vector<std::string>& strange) {
  const Lister lister(endings, strange);
  const fs::path root = split_folder(folder, split);
  ClassFiles found;
  std::vector<std::string> loose;
  for (const fs::directory_entry& entry : fs::directory_iterator(root)) {
    if (hidden(entry.path())) continue;
    if (entry.is_directory()) found.classes.push_back(entry.path().filename().string());
    if (entry.is_regular_file()) lister.add(entry.path(), &loose);
  }
  std::sort(loose.begin(), loose.end());
  std::sort(found.classes.begin(), found.classes.end());
  if (!loose.empty() && !found.classes.empty()) {
    throw InputError(root.string() + ": holds files such as " + loose.front() + " beside folders such as '" +
                     found.classes.front() + "'; accepted: a folder for every class, or files alone");
  }
  for (const std::string& file : loose) found.files.emplace_back(file, -1);
  std::vector<std::vector<std::string>> classes;
  for (const std::string& name : found.classes) {
    classes.push_back(lister.files_below(root / name));
    if (classes.back().empty())
      throw InputError((root / name).string() + ": the class holds no file " + lister.accepted());
  }
  interleave(classes, &found);
  if (found.files.empty()) throw InputError(root.string() + ": holds no file " + lister.accepted());
  return found;
}

}  // namespace systoliq::tb
