# SPDX-License-Identifier: Apache-2.0
# Debian's oneDNN: its own CMake package asks for OpenCL's headers, which nothing here uses; offers DNNL::dnnl.
find_path(OneDNN_INCLUDE_DIR dnnl.hpp)
find_library(OneDNN_LIBRARY dnnl)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OneDNN REQUIRED_VARS OneDNN_LIBRARY OneDNN_INCLUDE_DIR)
if(OneDNN_FOUND AND NOT TARGET DNNL::dnnl)
  add_library(DNNL::dnnl UNKNOWN IMPORTED)
  set_target_properties(DNNL::dnnl PROPERTIES IMPORTED_LOCATION ${OneDNN_LIBRARY})
  target_include_directories(DNNL::dnnl SYSTEM INTERFACE ${OneDNN_INCLUDE_DIR})
endif()
