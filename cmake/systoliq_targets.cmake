# SPDX-License-Identifier: Apache-2.0
# How a folder becomes a library or a test program; every folder is built the same way.
set(SYSTOLIQ_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -ffp-contract=off)

# systoliq_library(NAME DIRECTORIES dirs… [LINK libs…] [LINK_PRIVATE libs…]): all *.cpp of the folders as systoliq::NAME.
function(systoliq_library name)
  cmake_parse_arguments(ARG "" "" "DIRECTORIES;LINK;LINK_PRIVATE" ${ARGN})
  list(TRANSFORM ARG_DIRECTORIES REPLACE "(.+)" "${CMAKE_SOURCE_DIR}/\\1/*.cpp" OUTPUT_VARIABLE patterns)
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
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
  add_library(systoliq::${name} ALIAS systoliq_${name})
endfunction()

# systoliq_test(NAME DIRECTORY dir LABEL label TIMEOUT seconds LINK libs…): one program of all *_test.cpp of the folder.
# Labels: unit and model are quick, and what the sanitizers run; system runs the program; cosim needs the Verilated RTL.
function(systoliq_test name)
  cmake_parse_arguments(ARG "" "DIRECTORY;LABEL;TIMEOUT" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${ARG_DIRECTORY}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${SYSTOLIQ_WARNINGS})
  target_compile_definitions(${name} PRIVATE SYSTOLIQ_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                             SYSTOLIQ_PROGRAM="${CMAKE_BINARY_DIR}/bin/systoliq")
  if(ARG_LABEL MATCHES "^(unit|model)$")
    add_dependencies(systoliq_quick_tests ${name})
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()
