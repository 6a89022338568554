// SPDX-License-Identifier: Apache-2.0
// Folders of files whose class is the folder that they lie in, as torchvision's ImageFolder has them.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace systoliq::tb {

struct ClassFiles {
  std::vector<std::string> classes;                ///< names, sorted by their bytes; empty: no labels
  std::vector<std::pair<std::string, int>> files;  ///< path and class (-1 without)
};

/// Files below `folder`/train or `folder`/test (else /val), or below `folder` itself where it has neither, which then
/// is both splits. Every folder there is a class, in the order of their names, with all files below it; files without
/// such folders have no class. The first of every class come first, then the second of every class, each by name, so
/// that the beginning of a set holds all classes. Names that begin with a dot do not count. `endings` are the accepted
/// ones of files, in lower case, as ".png"; `strange` those that are refused rather than passed over. Throws
/// InputError.
ClassFiles list_class_files(const std::string& folder, const std::string& split,
                            const std::vector<std::string>& endings, const std::vector<std::string>& strange = {});

}  // namespace systoliq::tb
