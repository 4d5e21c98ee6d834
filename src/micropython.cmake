# ussl as a MicroPython user C module, for ports that build with CMake (rp2, esp32):
#
#   make -C ports/rp2 USER_C_MODULES=/path/to/ussl/src
#
# mbedTLS is the port's own where the port links one (two copies would clash), else
# it is built from MBEDTLS_DIR with the list that micropython.mk uses. Only the
# binding is part of the port's target and goes through the extraction of MicroPython's
# names; core and engine are a library that alone sees mbedTLS's headers.

set(USSL_SRC ${CMAKE_CURRENT_LIST_DIR})
file(GLOB USSL_BIND_FILES CONFIGURE_DEPENDS ${USSL_SRC}/bind/*.c)
file(GLOB USSL_LIB_FILES CONFIGURE_DEPENDS ${USSL_SRC}/core/*.c ${USSL_SRC}/engine/mbedtls/*.c)

add_library(ussl_engine STATIC ${USSL_LIB_FILES})
target_include_directories(ussl_engine PRIVATE ${USSL_SRC} ${USSL_SRC}/core)

if(TARGET micropy_lib_mbedtls)
    # rp2: MicroPython's lib/mbedtls, whose files the port itself compiles.
    target_include_directories(ussl_engine PRIVATE
        ${MICROPY_DIR} ${MICROPY_PORT_DIR} ${MICROPY_LIB_MBEDTLS_DIR}/library
        $<TARGET_PROPERTY:micropy_lib_mbedtls,INTERFACE_INCLUDE_DIRECTORIES>)
    target_compile_definitions(ussl_engine PRIVATE
        $<TARGET_PROPERTY:micropy_lib_mbedtls,INTERFACE_COMPILE_DEFINITIONS>)
elseif(ESP_PLATFORM)
    # esp32: ESP-IDF's component.
    idf_component_get_property(USSL_IDF_MBEDTLS mbedtls COMPONENT_DIR)
    target_include_directories(ussl_engine PRIVATE ${USSL_IDF_MBEDTLS}/mbedtls/library)
    target_link_libraries(ussl_engine PRIVATE idf::mbedtls)
else()
    if(NOT MBEDTLS_DIR)
        set(MBEDTLS_DIR ${USSL_SRC}/../build/src/mbedtls)
    endif()
    if(NOT EXISTS ${MBEDTLS_DIR}/library/ssl_tls13_generic.c)
        message(FATAL_ERROR "ussl needs the sources of mbedTLS 3.6.4 or later: set MBEDTLS_DIR=/path/to/mbedtls (now '${MBEDTLS_DIR}')")
    endif()

    # One list for make and CMake: the file names are the indented lines.
    file(STRINGS ${USSL_SRC}/engine/mbedtls/sources.mk USSL_MBEDTLS_FILES REGEX "^ .*\\.c")
    list(TRANSFORM USSL_MBEDTLS_FILES REPLACE "^ +([^ ]+\\.c).*" "${MBEDTLS_DIR}/\\1")
    add_library(ussl_mbedtls STATIC ${USSL_MBEDTLS_FILES})
    target_include_directories(ussl_mbedtls PUBLIC
        ${USSL_SRC}/engine/mbedtls ${MBEDTLS_DIR}/include ${MBEDTLS_DIR}/library
        ${MBEDTLS_DIR}/3rdparty/everest/include
        ${MBEDTLS_DIR}/3rdparty/everest/include/everest
        ${MBEDTLS_DIR}/3rdparty/everest/include/everest/kremlib)
    target_compile_definitions(ussl_mbedtls PUBLIC MBEDTLS_CONFIG_FILE="ussl_mbedtls_config.h")
    # mbedTLS calls back into ussl's memory and clock: the two need each other.
    target_link_libraries(ussl_mbedtls PRIVATE ussl_engine)
    target_link_libraries(ussl_engine PRIVATE ussl_mbedtls)
endif()

add_library(usermod_ussl INTERFACE)
target_sources(usermod_ussl INTERFACE ${USSL_BIND_FILES})
target_include_directories(usermod_ussl INTERFACE ${USSL_SRC})
target_link_libraries(usermod_ussl INTERFACE ussl_engine)
target_link_libraries(usermod INTERFACE usermod_ussl)
