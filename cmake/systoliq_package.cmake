# SPDX-License-Identifier: Apache-2.0
# Packages by CPack (`./dev package`): Debian packages systoliq, systoliq-dev and, where it is built, systoliq-train,
# which depend on Debian's libraries; and one relocatable archive, which brings these libraries itself.
set(CPACK_PACKAGE_NAME systoliq)
set(CPACK_PACKAGE_VENDOR systoliq)
set(CPACK_PACKAGE_CONTACT "The systoliq developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Bit-accurate, cycle-approximate model of a quantized CNN accelerator")
set(CPACK_PACKAGE_DESCRIPTION
    "Quantizes a convolutional network, compiles it for an accelerator, runs it on a SystemC model of that machine and \
compares every layer with an independent integer reference and with float.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_STRIP_FILES ON)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_SOURCE_DIR}/cmake/package_of_generator.cmake)
if(CMAKE_SYSTEM_PROCESSOR)
  set(CPACK_SYSTEM_NAME ${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
endif()

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME systoliq)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME systoliq-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "systoliq (= ${PROJECT_VERSION}), libsystemc-dev, libspdlog-dev, libtomlplusplus-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_RECOMMENDS
    "libonnx-dev, libprotobuf-dev, protobuf-compiler, libdnnl-dev, libcli11-dev, verilator")
set(CPACK_DEBIAN_TRAIN_PACKAGE_NAME systoliq-train)
set(CPACK_DEBIAN_TRAIN_PACKAGE_DEPENDS "systoliq (= ${PROJECT_VERSION})")

# Other people's libraries that the programs of the archive need, in lib/systoliq, with their licenses. Installed when
# asked for only.
set(bundled_programs "$<TARGET_FILE:systoliq>")
if(TARGET systoliq-cosim)
  list(APPEND bundled_programs "$<TARGET_FILE:systoliq-cosim>")
endif()
install(CODE "
  set(programs \"${bundled_programs}\")
  include(\"${CMAKE_SOURCE_DIR}/cmake/bundle_libraries.cmake\")" COMPONENT bundled EXCLUDE_FROM_ALL)

set(CPACK_COMPONENTS_ALL runtime development bundled)
if(TARGET systoliq-train)
  list(APPEND CPACK_COMPONENTS_ALL train)
endif()
include(CPack)
