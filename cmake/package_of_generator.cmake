# SPDX-License-Identifier: Apache-2.0
# Read by cpack for each kind of package: which components it holds.
if(CPACK_GENERATOR STREQUAL "DEB")
  list(REMOVE_ITEM CPACK_COMPONENTS_ALL bundled)  # Debian's libraries are dependencies
else()
  list(REMOVE_ITEM CPACK_COMPONENTS_ALL train)  # libtorch is no library to bring along
  set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
  set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
endif()
