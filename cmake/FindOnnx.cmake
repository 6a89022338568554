# SPDX-License-Identifier: Apache-2.0
# Debian's libonnx: finds headers and libraries, offers Onnx::onnx with the definitions its headers ask for.
find_package(Protobuf REQUIRED)
find_path(Onnx_INCLUDE_DIR onnx/onnx_pb.h)
find_library(Onnx_LIBRARY onnx)
find_library(Onnx_PROTO_LIBRARY onnx_proto)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Onnx REQUIRED_VARS Onnx_LIBRARY Onnx_PROTO_LIBRARY Onnx_INCLUDE_DIR)
if(Onnx_FOUND AND NOT TARGET Onnx::onnx)
  add_library(Onnx::onnx UNKNOWN IMPORTED)
  set_target_properties(Onnx::onnx PROPERTIES IMPORTED_LOCATION ${Onnx_LIBRARY}
                        INTERFACE_COMPILE_DEFINITIONS "ONNX_NAMESPACE=onnx;ONNX_ML=1"
                        INTERFACE_LINK_LIBRARIES "${Onnx_PROTO_LIBRARY};protobuf::libprotobuf")
  target_include_directories(Onnx::onnx SYSTEM INTERFACE ${Onnx_INCLUDE_DIR})
endif()
