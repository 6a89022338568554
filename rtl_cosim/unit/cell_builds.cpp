// SPDX-License-Identifier: Apache-2.0
// The list of builds comes from CMakeLists.txt.
#include "cell_headers.inc"
#include "rtl_cosim/unit/cell_cosim.h"
#include "rtl_cosim/unit/verilated_cells.h"

namespace systoliq::rtl {

#define SYSTOLIQ_PE_BUILD(name, ...)                                                                                  \
  cells.push_back({"pe", #name, "weight stationary", std::make_unique<VerilatedPe<Vpe_##name>>(PeShape{__VA_ARGS__}), \
                   make_pe_model(PeShape{__VA_ARGS__})});                                                             \
  cells.push_back({"output_pe", #name, "output stationary",                                                           \
                   std::make_unique<VerilatedOutputPe<Voutput_pe_##name>>(PeShape{__VA_ARGS__}),                      \
                   make_output_pe_model(PeShape{__VA_ARGS__})});
#define SYSTOLIQ_DECODER_BUILD(name, what, ...)                                                    \
  cells.push_back({"decoder", #name, what,                                                         \
                   std::make_unique<VerilatedDecoder<Vdecoder_##name>>(DecoderShape{__VA_ARGS__}), \
                   make_decoder_model(DecoderShape{__VA_ARGS__})});
std::vector<CellBuild> make_cells() {
  std::vector<CellBuild> cells;
#include "cell_builds.inc"
  return cells;
}
#undef SYSTOLIQ_PE_BUILD
#undef SYSTOLIQ_DECODER_BUILD

}  // namespace systoliq::rtl
