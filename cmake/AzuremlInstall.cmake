# What `cmake --install` puts where, and the package `find_package(azureml CONFIG)` finds.
include(CMakePackageConfigHelpers)

set(AZUREML_INSTALL_CMAKEDIR "${CMAKE_INSTALL_LIBDIR}/cmake/azureml")

install(TARGETS azureml azureml_common EXPORT azuremlTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
if(AZUREML_BUILD_ENGINE)
  # The program links the engine; the archive is for programs that want an engine in their own process later, and has no public headers yet.
  install(TARGETS azureml_engine EXPORT azuremlTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(TARGETS azureml_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  # The manual comes from the program's own parsers, so the program writes it.
  if(NOT CMAKE_CROSSCOMPILING)
    install(CODE "execute_process(COMMAND \"$<TARGET_FILE:azureml_cli>\" man OUTPUT_FILE \"${PROJECT_BINARY_DIR}/azureml.1\" COMMAND_ERROR_IS_FATAL ANY)")
    install(FILES "${PROJECT_BINARY_DIR}/azureml.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
  endif()
endif()

install(EXPORT azuremlTargets NAMESPACE azureml:: DESTINATION "${AZUREML_INSTALL_CMAKEDIR}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/azuremlConfig.cmake.in" "${PROJECT_BINARY_DIR}/azuremlConfig.cmake"
  INSTALL_DESTINATION "${AZUREML_INSTALL_CMAKEDIR}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/azuremlConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/azuremlConfig.cmake" "${PROJECT_BINARY_DIR}/azuremlConfigVersion.cmake"
  DESTINATION "${AZUREML_INSTALL_CMAKEDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
