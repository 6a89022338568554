# SPDX-License-Identifier: Apache-2.0
# Run by `cmake --install`: copies the files that `patterns` match below `root` to `destination` below the prefix. In the
# copies our own files are included as <systoliq/path>, in place of "path". Headers that include those of ONNX, which only
# sources of ours do, stay away. `staging` is a folder of the build.
file(REMOVE_RECURSE "${staging}")
list(TRANSFORM patterns PREPEND "${root}/")
file(GLOB files RELATIVE "${root}" ${patterns})
if(NOT files)
  message(FATAL_ERROR "install_sources: nothing matches ${patterns}")
endif()
foreach(file IN LISTS files)
  file(READ "${root}/${file}" text)
  if(text MATCHES "#include [<\"](onnx/|google/|[a-z_/]*/onnx_graph.h)" OR file MATCHES "simd/")
    continue()
  endif()
  string(REGEX REPLACE "#include \"((types|sw_ref|model|rtl_cosim)/[^\"]+)\"" "#include <systoliq/\\1>" text "${text}")
  file(WRITE "${staging}/${file}" "${text}")
endforeach()
file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/${destination}" TYPE DIRECTORY FILES "${staging}/")
