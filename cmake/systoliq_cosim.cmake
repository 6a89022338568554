# SPDX-License-Identifier: Apache-2.0
# Somebody's own block in place of one of ours, compared with the model (docs/cosim_your_block.md).

# systoliq_add_cosim(NAME name TOP module SOURCES file.sv… SCOPE requant|post|core
#   [ACCUMULATOR_BITS 32] [MULTIPLIER_BITS 32] [RESULT_BITS 34]   requant: widths of the block's pins
#   [PRESETS tflite_ref…]                                         requant: those the block has; default all
#   [CONFIG machine.toml]                                         post, core: the machine it is for
#   [PARAMETERS Name=value…]                                      of the top module
#   [VERILATOR_ARGS --argument…] [TRACE])
# makes a program cosim_<name> that runs random and corner cases and says where block and model first differ.
function(systoliq_add_cosim)
  cmake_parse_arguments(ARG "TRACE" "NAME;TOP;SCOPE;ACCUMULATOR_BITS;MULTIPLIER_BITS;RESULT_BITS"
                        "SOURCES;PRESETS;PARAMETERS;VERILATOR_ARGS" ${ARGN})
  foreach(required NAME TOP SOURCES SCOPE)
    if(NOT ARG_${required})
      message(FATAL_ERROR "systoliq_add_cosim: ${required} is missing")
    endif()
  endforeach()
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "systoliq_add_cosim(${ARG_NAME}): unknown argument ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_SCOPE STREQUAL "requant")
    message(FATAL_ERROR "systoliq_add_cosim(${ARG_NAME}): SCOPE ${ARG_SCOPE}; accepted: requant")
  endif()
  set(all_presets tflite_ref tflite_single ort_mlas floor half_up half_even half_away pot_floor pot_half_up)
  if(NOT ARG_PRESETS)
    set(ARG_PRESETS ${all_presets})
  endif()
  foreach(preset IN LISTS ARG_PRESETS)
    if(NOT preset IN_LIST all_presets)
      message(FATAL_ERROR "systoliq_add_cosim(${ARG_NAME}): preset ${preset}; accepted: ${all_presets}")
    endif()
  endforeach()
  string(REPLACE ";" "," presets "${ARG_PRESETS}")
  foreach(width IN ITEMS "ACCUMULATOR_BITS 32" "MULTIPLIER_BITS 32" "RESULT_BITS 34")
    separate_arguments(width)
    list(GET width 0 key)
    if(NOT ARG_${key})
      list(GET width 1 ARG_${key})
    endif()
  endforeach()
  set(parameters "")
  foreach(parameter IN LISTS ARG_PARAMETERS)
    list(APPEND parameters -G${parameter})
  endforeach()
  set(trace "")
  if(ARG_TRACE)
    set(trace TRACE)
  endif()

  set(program cosim_${ARG_NAME})
  add_executable(${program} ${CMAKE_SOURCE_DIR}/rtl_cosim/blocks/requantize_main.cpp)
  target_link_libraries(${program} PRIVATE systoliq::cosim_unit CLI11::CLI11)
  target_compile_options(${program} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-O2>)
  target_compile_definitions(${program} PRIVATE
    SYSTOLIQ_BLOCK=V${ARG_NAME} SYSTOLIQ_BLOCK_HEADER="V${ARG_NAME}.h" SYSTOLIQ_BLOCK_NAME="${ARG_NAME}"
    SYSTOLIQ_BLOCK_PRESETS="${presets}" SYSTOLIQ_BLOCK_ACCUMULATOR_BITS=${ARG_ACCUMULATOR_BITS}
    SYSTOLIQ_BLOCK_MULTIPLIER_BITS=${ARG_MULTIPLIER_BITS} SYSTOLIQ_BLOCK_RESULT_BITS=${ARG_RESULT_BITS})
  verilate(${program} PREFIX V${ARG_NAME} TOP_MODULE ${ARG_TOP} SOURCES ${ARG_SOURCES} ${trace}
           VERILATOR_ARGS -O3 --assert --x-assign unique ${parameters} ${ARG_VERILATOR_ARGS}
           OPT_FAST -O2 OPT_GLOBAL -O2)
  if(NOT TARGET systoliq_cosim_blocks)
    add_custom_target(systoliq_cosim_blocks)
  endif()
  add_dependencies(systoliq_cosim_blocks ${program})
endfunction()
