# SPDX-License-Identifier: Apache-2.0
# Run when an archive is made: copies the shared libraries that `programs` need to lib/systoliq below the prefix, but not
# those of the C and C++ runtime, which every Linux system has; and their licenses to share/doc/systoliq/libraries.
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${programs} RESOLVED_DEPENDENCIES_VAR libraries
     PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|pthread|gcc_s|stdc\\+\\+)\\.so")
foreach(library IN LISTS libraries)
  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systoliq" TYPE SHARED_LIBRARY FOLLOW_SYMLINK_CHAIN
       FILES "${library}")
  file(REAL_PATH "${library}" real)
  string(REGEX REPLACE "^/usr/" "/" old "${real}")  # where packages still have it that know no merged /usr
  execute_process(COMMAND dpkg-query --search "${real}" "${old}" OUTPUT_VARIABLE owner ERROR_QUIET)
  if(NOT owner MATCHES "^([^:]+):")
    message(FATAL_ERROR "bundle_libraries: no Debian package holds ${real}; its license is not known")
  endif()
  set(package ${CMAKE_MATCH_1})
  if(NOT EXISTS "/usr/share/doc/${package}/copyright")
    message(FATAL_ERROR "bundle_libraries: ${package} has no license in /usr/share/doc")
  endif()
  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/share/doc/systoliq/libraries/${package}" TYPE FILE
       FILES "/usr/share/doc/${package}/copyright")
endforeach()
