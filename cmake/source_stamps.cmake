# SPDX-License-Identifier: Apache-2.0
# Hashes of the sources that a program is made of, so that `systoliq` can tell whether a program beside it was built from
# others. As a module it offers systoliq_source_stamps(); as a script (cmake -P) it writes the file of hashes.
#
# systoliq_source_stamps(OUTPUT file.cpp HEADER header.h [NAME folders…]…): a rule for file.cpp, which defines every
# constant NAME that header.h declares as the hash of all sources below its folders, and is rewritten when one changes.
if(CMAKE_SCRIPT_MODE_FILE)
  file(STRINGS ${LISTS} lines)
  set(text "// Written by cmake/source_stamps.cmake.\n#include \"${HEADER}\"\n\nnamespace systoliq::cli {\n\n")
  foreach(line IN LISTS lines)
    string(REPLACE "|" ";" files "${line}")
    list(POP_FRONT files name)
    set(hashes "")
    foreach(file IN LISTS files)
      file(SHA256 ${file} hash)
      file(RELATIVE_PATH path ${ROOT} ${file})
      string(APPEND hashes "${hash} ${path}\n")
    endforeach()
    string(SHA256 hash "${hashes}")
    string(SUBSTRING ${hash} 0 12 hash)
    string(APPEND text "const char* const ${name} = \"${hash}\";\n")
  endforeach()
  file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "${text}\n}  // namespace systoliq::cli\n" @ONLY)
  return()
endif()

set(SYSTOLIQ_SOURCE_STAMPS_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(systoliq_source_stamps)
  cmake_parse_arguments(ARG "" "OUTPUT;HEADER" "" ${ARGN})
  set(name "")
  set(lines "")
  set(all_files "")
  foreach(word IN LISTS ARG_UNPARSED_ARGUMENTS)
    if(word MATCHES "^k[A-Z]")
      string(APPEND lines "\n${word}")
      continue()
    endif()
    set(folder ${CMAKE_SOURCE_DIR}/${word})
    file(GLOB_RECURSE files CONFIGURE_DEPENDS ${folder}/*.h ${folder}/*.cpp ${folder}/*.sv ${folder}/*.vlt
         ${folder}/CMakeLists.txt)
    if(NOT files)
      message(FATAL_ERROR "systoliq_source_stamps: ${word} holds no sources")
    endif()
    list(APPEND all_files ${files})
    list(JOIN files "|" files)
    string(APPEND lines "|${files}")
  endforeach()
  string(STRIP "${lines}" lines)
  set(lists ${ARG_OUTPUT}.lists)
  file(CONFIGURE OUTPUT ${lists} CONTENT "${lines}\n" @ONLY)
  list(REMOVE_DUPLICATES all_files)
  add_custom_command(OUTPUT ${ARG_OUTPUT}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${ARG_OUTPUT} -DLISTS=${lists} -DHEADER=${ARG_HEADER} -DROOT=${CMAKE_SOURCE_DIR}
            -P ${SYSTOLIQ_SOURCE_STAMPS_SCRIPT}
    DEPENDS ${all_files} ${lists} ${SYSTOLIQ_SOURCE_STAMPS_SCRIPT} COMMENT "Hashing sources" VERBATIM)
endfunction()
