# How every target of the project is compiled, and the three kinds of targets there are.

add_library(azureml_options INTERFACE)
target_compile_features(azureml_options INTERFACE cxx_std_20)
target_compile_options(azureml_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  $<$<BOOL:${AZUREML_WARNINGS_AS_ERRORS}>:-Werror>)
# GCC 12 sees overlapping copies in its own std::string when it optimises (GCC bug 105651).
target_compile_options(azureml_options INTERFACE
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
# cpprestsdk's macro U would break Boost, GoogleTest and other people's code.
target_compile_definitions(azureml_options INTERFACE _TURN_OFF_PLATFORM_STRING)
# Boost 1.74 knows Clang's coroutines by the name they had before C++20 only.
target_compile_definitions(azureml_options INTERFACE $<$<CXX_COMPILER_ID:Clang>:BOOST_ASIO_HAS_CO_AWAIT=1>)
target_include_directories(azureml_options INTERFACE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
if(AZUREML_SANITIZE)
  target_compile_options(azureml_options INTERFACE -fsanitize=${AZUREML_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  # The instrumentation hides from GCC what is initialised; the other builds have these warnings.
  target_compile_options(azureml_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-mismatched-new-delete>)
  if(AZUREML_SANITIZE MATCHES "thread")
    # Asio's fences are not understood by the thread sanitizer; what they order is also ordered by locks it sees.
    target_compile_options(azureml_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
  target_link_options(azureml_options INTERFACE -fsanitize=${AZUREML_SANITIZE})
endif()

if(AZUREML_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "AZUREML_FUZZERS needs Clang, whose libFuzzer the targets are linked with; configure with -DCMAKE_CXX_COMPILER=clang++")
  endif()
  # Everything tells the fuzzer where it has been; the fuzzer itself is linked to the targets alone.
  target_compile_options(azureml_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(azureml_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# azureml_layer(<folder name> SOURCES ... [LINKS ...] [PCH header ...])
# One folder of src/ as an object library `azureml_<name>`. What the layer needs of other layers are only their headers;
# `azureml`, `azureml_engine` and the tests put the objects together.
function(azureml_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;PCH" ${ARGN})
  add_library(azureml_${name} OBJECT ${arg_SOURCES})
  set_target_properties(azureml_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(azureml_${name} PRIVATE azureml_options PUBLIC ${arg_LINKS})
  if(arg_PCH)
    target_precompile_headers(azureml_${name} PRIVATE ${arg_PCH})
  endif()
endfunction()

# azureml_test(<name> LABEL <unit|contract|...> SOURCES ... LAYERS ... [LINKS ...] [LABELS more ...])
# A GoogleTest program whose cases are CTest tests; LAYERS are folders of src/ as `azureml_layer` names them.
function(azureml_test name)
  cmake_parse_arguments(arg "SERIAL" "LABEL;TIMEOUT" "SOURCES;LAYERS;LINKS;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  foreach(layer IN LISTS arg_LAYERS)
    target_link_libraries(${name} PRIVATE azureml_${layer})
  endforeach()
  target_link_libraries(${name} PRIVATE azureml_options GTest::gmock_main ${arg_LINKS})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  if(AZUREML_SANITIZE MATCHES "address")
    target_sources(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/lsan_suppressions.cpp")
  endif()
  target_compile_definitions(${name} PRIVATE AZUREML_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data" AZUREML_SOURCE_ROOT="${PROJECT_SOURCE_DIR}")
  set(properties LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
  if(arg_SERIAL)
    list(APPEND properties RUN_SERIAL ON)
  endif()
  if(arg_ENVIRONMENT)
    list(APPEND properties ENVIRONMENT "${arg_ENVIRONMENT}")
  endif()
  foreach(label IN LISTS arg_LABEL arg_LABELS)
    azureml_label_needs(${label} ${name})
  endforeach()
  gtest_discover_tests(${name} PROPERTIES ${properties} DISCOVERY_TIMEOUT 60)
  if(arg_LABELS)
    # gtest_discover_tests flattens a list among its properties, so more labels than one are set when CTest reads the tests.
    set(more "${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake")
    file(WRITE "${more}" "foreach(test IN LISTS ${name}_TESTS)\n"
                         "  set_tests_properties(\"\${test}\" PROPERTIES LABELS \"${arg_LABEL};${arg_LABELS}\")\n"
                         "endforeach()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${more}")
  endif()
endfunction()

# azureml_label_needs(<label> target ...): what has to be built before the tests of a label can run; the target `tests_<label>` builds it.
function(azureml_label_needs label)
  if(NOT TARGET tests_${label})
    add_custom_target(tests_${label})
  endif()
  if(ARGN)
    add_dependencies(tests_${label} ${ARGN})
  endif()
endfunction()

# azureml_script_test(<name> LABEL <label> COMMAND ... [NEEDS target ...] [LABELS more ...] [TIMEOUT n] [SERIAL] [ENVIRONMENT ...])
# A test that is a program or script; status 77 is a skip, a counted one.
function(azureml_script_test name)
  cmake_parse_arguments(arg "SERIAL" "LABEL;TIMEOUT" "COMMAND;NEEDS;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${arg_COMMAND})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABEL};${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} SKIP_RETURN_CODE 77)
  if(arg_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
  if(arg_ENVIRONMENT)
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "${arg_ENVIRONMENT}")
  endif()
  foreach(label IN LISTS arg_LABEL arg_LABELS)
    azureml_label_needs(${label} ${arg_NEEDS})
  endforeach()
endfunction()
