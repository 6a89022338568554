# SPDX-License-Identifier: Apache-2.0
# Verilated modules as libraries of their own. Verilator runs when the library is built, not when CMake configures, so
# that a module with an error stops only what links it.
#
# systoliq_verilate(PREFIX TOP module SOURCES file.sv…
#   [PARAMETERS Name=value…]      of the top module
#   [ARGUMENTS_FILE file]         further arguments of Verilator, one a line, written by another command of the build
#   [VERILATOR_ARGS --argument…]
#   [TRACE]                       waveforms
#   [OPTIMIZE -O2])               for the code that runs every cycle
# makes the library PREFIX with the header PREFIX.h.
#
# systoliq_machine(ID [CONFIG file | KEYS section.key=value…] [PARAMETERS Name…]) makes the arguments file of a machine,
# ${SYSTOLIQ_MACHINES}/ID.args, and ${SYSTOLIQ_MACHINES}/ID.cpp, a function `const char* machine_text_ID()`.
set(SYSTOLIQ_VERILATED ${CMAKE_BINARY_DIR}/verilated)
set(SYSTOLIQ_MACHINES ${CMAKE_BINARY_DIR}/machines)
set(SYSTOLIQ_VERILATE_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/systoliq_verilated_sources.cmake)
file(MAKE_DIRECTORY ${SYSTOLIQ_MACHINES})

function(systoliq_verilate prefix)
  cmake_parse_arguments(ARG "TRACE" "TOP;ARGUMENTS_FILE;OPTIMIZE" "SOURCES;PARAMETERS;VERILATOR_ARGS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "systoliq_verilate(${prefix}): unknown argument ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  set(folder ${SYSTOLIQ_VERILATED}/${prefix})
  file(MAKE_DIRECTORY ${folder})
  list(TRANSFORM ARG_PARAMETERS PREPEND -G)
  set(compiler gcc)
  if(CMAKE_CXX_COMPILER_ID MATCHES "[Cc]lang")
    set(compiler clang)
  endif()
  set(arguments --cc --make cmake -O3 --assert --x-assign unique --no-skip-identical --compiler ${compiler})
  if(ARG_TRACE)
    list(APPEND arguments --trace)
  endif()
  if(ARG_ARGUMENTS_FILE)
    list(APPEND arguments -f ${ARG_ARGUMENTS_FILE})
  endif()
  if(NOT ARG_OPTIMIZE)
    set(ARG_OPTIMIZE -O2)
  endif()
  set(sources "")
  set(files "")
  foreach(source IN LISTS ARG_SOURCES)
    get_filename_component(source ${source} ABSOLUTE)
    list(APPEND files ${source})
    string(FIND ${source} ${CMAKE_SOURCE_DIR}/ inside)
    if(inside EQUAL 0)  # the paths of assertions get into programs, which shall not say where they were built
      file(RELATIVE_PATH source ${CMAKE_CURRENT_SOURCE_DIR} ${source})
    endif()
    list(APPEND sources ${source})
  endforeach()

  set(fast ${folder}/${prefix}__fast.cpp)
  set(slow ${folder}/${prefix}__slow.cpp)
  add_custom_command(OUTPUT ${fast} ${slow} ${folder}/${prefix}.h
    COMMAND ${VERILATOR_BIN} ${arguments} --prefix ${prefix} --top-module ${ARG_TOP} --Mdir ${folder} ${ARG_PARAMETERS}
            ${ARG_VERILATOR_ARGS} ${sources}
    COMMAND ${CMAKE_COMMAND} -DPREFIX=${prefix} -DFOLDER=${folder} -DFIRST_OUTPUT=${fast} -P ${SYSTOLIQ_VERILATE_SCRIPT}
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    DEPENDS ${files} ${ARG_ARGUMENTS_FILE} ${VERILATOR_BIN} ${SYSTOLIQ_VERILATE_SCRIPT}
    DEPFILE ${folder}/${prefix}.d
    COMMENT "Verilating ${prefix}" VERBATIM)

  add_library(${prefix} STATIC ${fast} ${slow})
  set_source_files_properties(${fast} PROPERTIES COMPILE_OPTIONS "${ARG_OPTIMIZE}")
  set_source_files_properties(${slow} PROPERTIES COMPILE_OPTIONS -O1)  # runs once: construction, reset, waveform headers
  set_target_properties(${prefix} PROPERTIES ARCHIVE_OUTPUT_DIRECTORY ${folder} EXPORT_COMPILE_COMMANDS OFF)
  target_include_directories(${prefix} SYSTEM PUBLIC ${folder})
  target_link_libraries(${prefix} PUBLIC systoliq::verilated)
  target_compile_definitions(${prefix} PRIVATE VM_COVERAGE=0 VM_SC=0 VM_TRACE_FST=0 VM_TRACE=$<BOOL:${ARG_TRACE}>
                                               VM_TRACE_VCD=$<BOOL:${ARG_TRACE}>)
  target_compile_options(${prefix} PRIVATE -w)
endfunction()

# Verilator's runtime, once for all modules.
function(systoliq_verilated_runtime)
  set(include ${VERILATOR_ROOT}/include)
  add_library(systoliq_verilated STATIC ${include}/verilated.cpp ${include}/verilated_vcd_c.cpp
                                        ${include}/verilated_threads.cpp ${include}/verilated_dpi.cpp)
  add_library(systoliq::verilated ALIAS systoliq_verilated)
  find_package(Threads REQUIRED)
  target_link_libraries(systoliq_verilated PUBLIC Threads::Threads)
  target_include_directories(systoliq_verilated SYSTEM PUBLIC ${include} ${include}/vltstd)
  target_compile_definitions(systoliq_verilated PRIVATE VM_COVERAGE=0 VM_SC=0 VM_TRACE=1 VM_TRACE_FST=0 VM_TRACE_VCD=1)
  target_compile_options(systoliq_verilated PRIVATE -O2 -w)
endfunction()

function(systoliq_machine id)
  cmake_parse_arguments(ARG "" "CONFIG" "KEYS;PARAMETERS" ${ARGN})
  if(NOT id MATCHES "^[A-Za-z0-9_]+$")
    message(FATAL_ERROR "'${id}': no name for a machine; accepted: letters, digits and _")
  endif()
  set(only "")
  if(ARG_PARAMETERS)
    list(JOIN ARG_PARAMETERS "," only)
    set(only --only ${only})
  endif()
  set(file ${SYSTOLIQ_MACHINES}/${id})
  add_custom_command(OUTPUT ${file}.args ${file}.cpp
    COMMAND systoliq_rtl_parameters ${ARG_CONFIG} ${ARG_KEYS} ${only} --arguments ${file}.args --source ${file}.cpp
            --function machine_text_${id}
    DEPENDS systoliq_rtl_parameters ${ARG_CONFIG} COMMENT "RTL parameters of ${id}" VERBATIM)
endfunction()

# systoliq_named_values(TEXT KEYS Name…): sets value_NAME for every NAME from "Name=number Name=number…".
function(systoliq_named_values text)
  cmake_parse_arguments(ARG "" "" "KEYS" ${ARGN})
  string(REPLACE " " ";" pairs "${text}")
  list(REMOVE_ITEM pairs "")
  set(rest ${ARG_KEYS})
  foreach(pair IN LISTS pairs)
    if(NOT pair MATCHES "^([A-Za-z]+)=([0-9]+)$" OR NOT CMAKE_MATCH_1 IN_LIST rest)
      message(FATAL_ERROR "'${text}': '${pair}' is refused; accepted: Name=number, once for each of ${ARG_KEYS}")
    endif()
    list(REMOVE_ITEM rest ${CMAKE_MATCH_1})
    set(value_${CMAKE_MATCH_1} ${CMAKE_MATCH_2} PARENT_SCOPE)
  endforeach()
  if(rest)
    message(FATAL_ERROR "'${text}': ${rest} is missing")
  endif()
endfunction()
