# SPDX-License-Identifier: Apache-2.0
# Run after Verilator: gathers its C++ files, whose names only it knows, in two sources of known names, and writes what
# it read as dependencies. Needs PREFIX, FOLDER and FIRST_OUTPUT.
include(${FOLDER}/${PREFIX}.cmake)
foreach(refused TIMING SC COVERAGE TRACE_FST USER_CLASSES)
  if(${PREFIX}_${refused})
    message(FATAL_ERROR "${PREFIX}: Verilator was asked for ${refused}, which is not built here; remove the argument")
  endif()
endforeach()

# gather(KIND FILE…): FOLDER/PREFIX__KIND.cpp includes the files.
function(gather kind)
  set(text "// Verilator's files of ${PREFIX}.\n")
  foreach(source IN LISTS ARGN)
    get_filename_component(name ${source} NAME)
    string(APPEND text "#include \"${name}\"\n")
  endforeach()
  file(WRITE ${FOLDER}/${PREFIX}__${kind}.cpp "${text}")
endfunction()
gather(fast ${${PREFIX}_CLASSES_FAST} ${${PREFIX}_SUPPORT_FAST})
gather(slow ${${PREFIX}_CLASSES_SLOW} ${${PREFIX}_SUPPORT_SLOW})

set(dependencies "")
foreach(read IN LISTS ${PREFIX}_DEPS)
  get_filename_component(read ${read} ABSOLUTE)
  string(REPLACE " " "\\ " read "${read}")
  string(APPEND dependencies " \\\n  ${read}")
endforeach()
file(WRITE ${FOLDER}/${PREFIX}.d "${FIRST_OUTPUT}:${dependencies}\n")
