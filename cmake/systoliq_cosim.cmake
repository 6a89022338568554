# SPDX-License-Identifier: Apache-2.0
# Somebody's own block in place of one of ours, compared with the model (docs/cosim_your_block.md).
#
# systoliq_add_cosim(NAME name TOP module SOURCES file.sv… SCOPE requant|post|core
#   [WIDTHS Key=value…]           what the block is for, told to the model; keys and defaults below
#   [PRESETS tflite_ref…]         requant: the presets the block has; default all
#   [PARAMETERS Name=value…]      of the top module
#   [VERILATOR_ARGS --argument…]
#   [TRACE])                      requant: waveforms of mismatches
# makes a program cosim_<name> that runs corner cases and random ones and says where block and model first differ.
if(NOT DEFINED SYSTOLIQ_BLOCK_PROGRAMS)  # else this file is installed
  set(SYSTOLIQ_BLOCK_PROGRAMS ${CMAKE_SOURCE_DIR}/rtl_cosim/blocks)
endif()
set(SYSTOLIQ_BLOCK_PRESETS tflite_ref tflite_single ort_mlas floor half_up half_even half_away pot_floor pot_half_up)
set(SYSTOLIQ_BLOCK_WIDTHS_requant AccumulatorBits=32 MultiplierBits=32 ResultBits=34)
set(SYSTOLIQ_BLOCK_WIDTHS_post Rows=4 Cols=4 ActivationBits=8 WeightBits=8 AccumulatorBits=32 Saturate=0 Lanes=4
    MultiplierBits=32 Dataflow=0)
set(SYSTOLIQ_BLOCK_WIDTHS_core ${SYSTOLIQ_BLOCK_WIDTHS_post})

# Gives `definitions` SYSTOLIQ_BLOCK_<KEY>=value for every key of the scope: those of `given`, else the defaults.
function(systoliq_block_definitions definitions name scope given)
  set(values ${SYSTOLIQ_BLOCK_WIDTHS_${scope}})
  foreach(pair IN LISTS values given)
    if(NOT pair MATCHES "^([A-Za-z]+)=([0-9]+)$")
      message(FATAL_ERROR "systoliq_add_cosim(${name}): WIDTHS ${pair}; accepted: Key=number")
    endif()
    set(key ${CMAKE_MATCH_1})
    set(value_of_${key} ${CMAKE_MATCH_2})
    if(NOT "${values}" MATCHES "(^|;)${key}=")
      message(FATAL_ERROR "systoliq_add_cosim(${name}): WIDTHS ${key}; accepted for ${scope}: ${values}")
    endif()
    list(APPEND keys ${key})
  endforeach()
  list(REMOVE_DUPLICATES keys)
  set(result "")
  foreach(key IN LISTS keys)
    string(REGEX REPLACE "([a-z])([A-Z])" "\\1_\\2" upper ${key})
    string(TOUPPER ${upper} upper)
    list(APPEND result SYSTOLIQ_BLOCK_${upper}=${value_of_${key}})
  endforeach()
  set(${definitions} ${result} PARENT_SCOPE)
endfunction()

function(systoliq_add_cosim)
  cmake_parse_arguments(ARG "TRACE" "NAME;TOP;SCOPE" "SOURCES;WIDTHS;PRESETS;PARAMETERS;VERILATOR_ARGS" ${ARGN})
  foreach(required NAME TOP SOURCES SCOPE)
    if(NOT ARG_${required})
      message(FATAL_ERROR "systoliq_add_cosim: ${required} is missing")
    endif()
  endforeach()
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "systoliq_add_cosim(${ARG_NAME}): unknown argument ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_SCOPE MATCHES "^(requant|post|core)$")
    message(FATAL_ERROR "systoliq_add_cosim(${ARG_NAME}): SCOPE ${ARG_SCOPE}; accepted: requant, post, core")
  endif()
  if(NOT ARG_PRESETS)
    set(ARG_PRESETS ${SYSTOLIQ_BLOCK_PRESETS})
  elseif(NOT ARG_SCOPE STREQUAL "requant")
    message(FATAL_ERROR "systoliq_add_cosim(${ARG_NAME}): PRESETS belong to SCOPE requant")
  endif()
  foreach(preset IN LISTS ARG_PRESETS)
    if(NOT preset IN_LIST SYSTOLIQ_BLOCK_PRESETS)
      message(FATAL_ERROR "systoliq_add_cosim(${ARG_NAME}): preset ${preset}; accepted: ${SYSTOLIQ_BLOCK_PRESETS}")
    endif()
  endforeach()
  if(ARG_TRACE AND NOT ARG_SCOPE STREQUAL "requant")
    message(FATAL_ERROR "systoliq_add_cosim(${ARG_NAME}): TRACE belongs to SCOPE requant")
  endif()
  string(REPLACE ";" "," presets "${ARG_PRESETS}")
  systoliq_block_definitions(definitions ${ARG_NAME} ${ARG_SCOPE} "${ARG_WIDTHS}")
  set(trace "")
  if(ARG_TRACE)
    set(trace TRACE)
  endif()

  set(program cosim_${ARG_NAME})
  set(main ${SYSTOLIQ_BLOCK_PROGRAMS}/requantize_main.cpp)
  set(libraries systoliq::cosim_unit_checks)
  if(ARG_SCOPE STREQUAL "post")
    set(main ${SYSTOLIQ_BLOCK_PROGRAMS}/post_main.cpp)
  elseif(ARG_SCOPE STREQUAL "core")
    set(main ${SYSTOLIQ_BLOCK_PROGRAMS}/core_main.cpp)
    set(libraries systoliq::cosim_core_checks)
  endif()
  systoliq_verilate(V${ARG_NAME} TOP ${ARG_TOP} SOURCES ${ARG_SOURCES} PARAMETERS ${ARG_PARAMETERS}
                    VERILATOR_ARGS ${ARG_VERILATOR_ARGS} ${trace})
  add_executable(${program} ${main})
  target_link_libraries(${program} PRIVATE V${ARG_NAME} ${libraries} systoliq::sc_main CLI11::CLI11)
  target_compile_definitions(${program} PRIVATE
    SYSTOLIQ_BLOCK=V${ARG_NAME} SYSTOLIQ_BLOCK_HEADER="V${ARG_NAME}.h" SYSTOLIQ_BLOCK_NAME="${ARG_NAME}"
    SYSTOLIQ_BLOCK_PRESETS="${presets}" ${definitions})
  # GCC 12 mistakes shifts of words in Verilator's output for overflows.
  target_compile_options(${program} PRIVATE -Wno-stringop-overflow)
  if(NOT TARGET systoliq_cosim_blocks)
    add_custom_target(systoliq_cosim_blocks)
  endif()
  add_dependencies(systoliq_cosim_blocks ${program})
endfunction()
