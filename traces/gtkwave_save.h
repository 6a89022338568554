// SPDX-License-Identifier: Apache-2.0
// GTKWave's save file: which signals are shown, in which groups and formats, when the waveform is opened.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace systoliq::traces {

struct ShownSignal {
  std::string path;  ///< "systoliq_accelerator.u_load.busy_o", "….command_index[31:0]"
  int bits = 1;
};

/// Signals in the order given, those of one block in a group of the block's name; addresses and AXI data in
/// hexadecimal, masks in binary, other words in signed decimal. Single PEs' groups are closed. The viewer opens at
/// `first_cycle`, some twenty cycles wide; a cycle is 1 ns.
std::string gtkwave_save(const std::string& dump_file, std::int64_t first_cycle,
                         const std::vector<ShownSignal>& signals);

}  // namespace systoliq::traces
