# SPDX-License-Identifier: Apache-2.0
# How a folder becomes a library or a test program; every folder is built the same way.
set(SYSTOLIQ_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)

# For targets whose floating-point results are reproduced on every machine: a * b + c rounds twice, as written, also
# where the processor has a fused instruction.
set(SYSTOLIQ_REPRODUCIBLE_FLOATS -ffp-contract=off)

# For sources where no time is spent at run time: a release build compiles them a fifth faster.
set(SYSTOLIQ_COLD $<$<CONFIG:Release>:-O1>)

# systoliq_library(NAME DIRECTORIES dirs… [COLD dirs…] [LINK libs…] [LINK_PRIVATE libs…] [REPRODUCIBLE_FLOATS]): all
# *.cpp of the folders as systoliq::NAME; those of the COLD folders are optimized less.
function(systoliq_library name)
  cmake_parse_arguments(ARG "REPRODUCIBLE_FLOATS" "" "DIRECTORIES;COLD;LINK;LINK_PRIVATE" ${ARGN})
  set(sources)
  foreach(directory IN LISTS ARG_DIRECTORIES)
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${directory}/*.cpp)
    list(APPEND sources ${found})
  endforeach()
  foreach(directory IN LISTS ARG_COLD)
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${directory}/*.cpp)
    set_source_files_properties(${found} PROPERTIES COMPILE_OPTIONS "${SYSTOLIQ_COLD}")
    list(APPEND sources ${found})
  endforeach()
  if(NOT sources)  # headers only
    add_library(systoliq_${name} INTERFACE)
    target_link_libraries(systoliq_${name} INTERFACE ${ARG_LINK})
    add_library(systoliq::${name} ALIAS systoliq_${name})
    return()
  endif()
  add_library(systoliq_${name} STATIC ${sources})
  set_target_properties(systoliq_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(systoliq_${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_LINK_PRIVATE})
  target_compile_options(systoliq_${name} PRIVATE ${SYSTOLIQ_WARNINGS})
  if(ARG_REPRODUCIBLE_FLOATS)
    target_compile_options(systoliq_${name} PRIVATE ${SYSTOLIQ_REPRODUCIBLE_FLOATS})
  endif()
  add_library(systoliq::${name} ALIAS systoliq_${name})
endfunction()

# systoliq_flatbuffers_header(NAME schema.fbs): systoliq::NAME includes the schema's header, as "folder/schema_generated.h".
function(systoliq_flatbuffers_header name schema)
  get_filename_component(folder ${schema} DIRECTORY)
  get_filename_component(stem ${schema} NAME_WE)
  set(header ${CMAKE_BINARY_DIR}/generated/${folder}/${stem}_generated.h)
  add_custom_command(OUTPUT ${header}
    COMMAND ${SYSTOLIQ_FLATC} --cpp -o ${CMAKE_BINARY_DIR}/generated/${folder} ${CMAKE_SOURCE_DIR}/${schema}
    DEPENDS ${CMAKE_SOURCE_DIR}/${schema} COMMENT "Generating ${stem}_generated.h" VERBATIM)
  target_sources(systoliq_${name} PRIVATE ${header})
  target_include_directories(systoliq_${name} SYSTEM PRIVATE ${SYSTOLIQ_FLATBUFFERS})
endfunction()

# systoliq_test(NAME DIRECTORY dir LABEL label TIMEOUT seconds [PREFIX prefix] LINK libs…): one program of all
# *_test.cpp of the folder; the prefix stands before its tests' names. Labels: unit and model are quick, and what the
# sanitizers run; system runs the program; cosim needs the Verilated RTL.
function(systoliq_test name)
  cmake_parse_arguments(ARG "" "DIRECTORY;LABEL;TIMEOUT;PREFIX" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${ARG_DIRECTORY}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} systoliq::sc_main GTest::gtest GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${SYSTOLIQ_WARNINGS} ${SYSTOLIQ_REPRODUCIBLE_FLOATS} ${SYSTOLIQ_COLD})
  target_compile_definitions(${name} PRIVATE SYSTOLIQ_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                             SYSTOLIQ_PROGRAM="${CMAKE_BINARY_DIR}/bin/systoliq")
  if(ARG_LABEL MATCHES "^(unit|model)$")
    add_dependencies(systoliq_quick_tests ${name})
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${ARG_PREFIX}" DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()
