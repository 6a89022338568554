// SPDX-License-Identifier: Apache-2.0
// Where the files that ship with the programs lie: machines, recipes, trained networks, benches.
#pragma once

#include <string>

namespace systoliq::tb {

/// Path of a file that ships with the project, such as models/lenet5.onnx: in the folder SYSTOLIQ_HOME where that is
/// set, else in that of set_shipped_folder(), else in ../share/systoliq beside the folder of the running program. The
/// build folder has a link there.
std::string shipped(const std::string& relative);

/// For a process whose program is not one of ours, such as Python: where the files are. To be called before others run.
void set_shipped_folder(const std::string& folder);

}  // namespace systoliq::tb
