# ussl as a MicroPython user C module, for ports that build with CMake:
#
#   make -C ports/rp2 BOARD=RPI_PICO_W USER_C_MODULES=/path/to/ussl/src MBEDTLS_DIR=/path/to/mbedtls
#
# USER_C_MODULES names this file's folder. MBEDTLS_DIR holds mbedTLS 3.6.4 or later of the
# 3.6 line; if not given, it is what ./run fetched, else MicroPython's own lib/mbedtls.
# It and these options are given to make, or to cmake with -D:
#
#   USSL_OPT=-O2     optimisation of ussl and mbedTLS (default: the port's)
#   USSL_WITHOUT="TLS13 EARLY_DATA SERVER RSA PSK MESSAGES"  leaves out what a program does not need; what each
#                    saves is in docs/building.md
#   USSL_TRUST_BUNDLE=1  puts the distribution's trusted roots into flash (67 KB for Debian's 140; the path of a
#                    PEM file instead of 1: its roots)
#   USSL_LTO=1       lets the linker optimise over ussl's and mbedTLS's files
#   USSL_CFLAGS=...  more flags for ussl's and mbedTLS's files only
#   USSL_ACCEL=bearssl  P-256 and X25519 by BearSSL: a handshake in little more than a third of the instructions: needs
#                    BEARSSL_DIR, BearSSL 0.6 (8 KB of flash)
#   USSL_MBEDTLS_CONFIG=...  a header of your own, on the include path, that includes
#                    "engine/mbedtls/ussl_mbedtls_config_board.h" and adds to it
#
# mbedTLS is always built from MBEDTLS_DIR, with ussl's configuration. Where the port
# brings one too there must not be two of everything: on rp2 ours takes the place of the
# port's; in ESP-IDF, whose Wi-Fi needs its own, ours is hidden from everything but ussl.
#
# Only the binding is part of the port's target and goes through the extraction of
# MicroPython's names; core and engine are a library that alone sees mbedTLS's headers.

set(USSL_SRC ${CMAKE_CURRENT_LIST_DIR})

# ---- options, from cmake's command line or from make's ----

foreach(USSL_OPTION MBEDTLS_DIR USSL_OPT USSL_WITHOUT USSL_TRUST_BUNDLE USSL_LTO USSL_CFLAGS USSL_MBEDTLS_CONFIG USSL_ACCEL BEARSSL_DIR)
    if(NOT DEFINED ${USSL_OPTION} AND DEFINED ENV{${USSL_OPTION}})
        set(${USSL_OPTION} $ENV{${USSL_OPTION}} CACHE STRING "for ussl, see its micropython.cmake")
    endif()
endforeach()
if(NOT MBEDTLS_DIR)
    foreach(USSL_DIR ${MICROPY_DIR}/lib/mbedtls ${USSL_SRC}/../build/src/mbedtls)
        if(EXISTS ${USSL_DIR}/library/ssl_tls13_generic.c)
            get_filename_component(MBEDTLS_DIR ${USSL_DIR} ABSOLUTE)
        endif()
    endforeach()
endif()
if(NOT EXISTS ${MBEDTLS_DIR}/library/ssl_tls13_generic.c)
    message(FATAL_ERROR "ussl needs the sources of mbedTLS 3.6.4 or later: set MBEDTLS_DIR=/path/to/mbedtls (now '${MBEDTLS_DIR}')")
endif()
if(NOT USSL_MBEDTLS_CONFIG)
    set(USSL_MBEDTLS_CONFIG ussl_mbedtls_config_board.h)
endif()
if(NOT "${USSL_WITHOUT}" MATCHES "^( |TLS13|EARLY_DATA|SERVER|RSA|PSK|MESSAGES)*$")
    message(FATAL_ERROR "USSL_WITHOUT: the words are TLS13, EARLY_DATA, SERVER, RSA, PSK and MESSAGES (now '${USSL_WITHOUT}')")
endif()
string(REGEX REPLACE "([A-Z0-9_]+)" "-DUSSL_\\1=0" USSL_LEFT_OUT "${USSL_WITHOUT}")
separate_arguments(USSL_FLAGS UNIX_COMMAND "${USSL_OPT} ${USSL_CFLAGS} ${USSL_LEFT_OUT}")
if(USSL_LTO)
    list(APPEND USSL_FLAGS -flto)
endif()

# ---- roots in flash ----

if(USSL_TRUST_BUNDLE)
    if(USSL_TRUST_BUNDLE STREQUAL 1)
        set(USSL_TRUST_BUNDLE /etc/ssl/certs/ca-certificates.crt)
    endif()
    if("${USSL_WITHOUT}" MATCHES "RSA")
        set(USSL_EC_ONLY --ec-only)
    endif()
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    set(USSL_BUNDLE ${CMAKE_CURRENT_BINARY_DIR}/ussl_trust_bundle.inc)
    execute_process(COMMAND ${Python3_EXECUTABLE} ${USSL_SRC}/../tools/trust_bundle.py --c ${USSL_EC_ONLY} ${USSL_BUNDLE}
        ${USSL_TRUST_BUNDLE} RESULT_VARIABLE USSL_BUNDLE_FAILED)
    if(USSL_BUNDLE_FAILED)
        message(FATAL_ERROR "USSL_TRUST_BUNDLE: no bundle can be made of ${USSL_TRUST_BUNDLE}")
    endif()
    list(APPEND USSL_FLAGS "-DUSSL_TRUST_BUNDLE=\"${USSL_BUNDLE}\"")
endif()

# ---- files ----

file(GLOB USSL_BIND_FILES CONFIGURE_DEPENDS ${USSL_SRC}/bind/*.c)
file(GLOB USSL_LIB_FILES CONFIGURE_DEPENDS ${USSL_SRC}/core/*.c ${USSL_SRC}/engine/mbedtls/*.c)

# The lists that micropython.mk uses: each file is on an indented line of its own.
function(ussl_list variable list folder)
    file(READ ${list} files)
    string(REGEX MATCHALL "\n +[^ \n]+\\.c" files "${files}")
    list(TRANSFORM files STRIP)
    list(TRANSFORM files PREPEND ${folder}/)
    set(${variable} ${files} PARENT_SCOPE)
endfunction()

ussl_list(USSL_MBEDTLS_FILES ${USSL_SRC}/engine/mbedtls/sources.mk ${MBEDTLS_DIR})

if(USSL_ACCEL STREQUAL bearssl)
    if(NOT BEARSSL_DIR)
        get_filename_component(BEARSSL_DIR ${USSL_SRC}/../build/src/bearssl ABSOLUTE)
    endif()
    if(NOT EXISTS ${BEARSSL_DIR}/src/ec/ec_p256_m31.c)
        message(FATAL_ERROR "USSL_ACCEL=bearssl needs the sources of BearSSL 0.6: set BEARSSL_DIR=/path/to/bearssl (now '${BEARSSL_DIR}')")
    endif()
    ussl_list(USSL_ACCEL_FILES ${USSL_SRC}/accel/bearssl/sources.mk ${BEARSSL_DIR})
    list(APPEND USSL_ACCEL_FILES ${USSL_SRC}/accel/bearssl/curve.c ${USSL_SRC}/accel/bearssl/ecp_mul.c)
    list(REMOVE_ITEM USSL_MBEDTLS_FILES ${MBEDTLS_DIR}/library/ecp.c)
elseif(USSL_ACCEL)
    message(FATAL_ERROR "USSL_ACCEL knows bearssl only")
endif()

# ---- the library: core, engine and mbedTLS, which calls back into the engine ----

add_library(ussl_objects OBJECT ${USSL_LIB_FILES} ${USSL_ACCEL_FILES} ${USSL_MBEDTLS_FILES})
target_include_directories(ussl_objects PRIVATE
    ${USSL_SRC} ${USSL_SRC}/core ${USSL_SRC}/engine/mbedtls
    ${MBEDTLS_DIR}/include ${MBEDTLS_DIR}/library
    ${MBEDTLS_DIR}/3rdparty/everest/include
    ${MBEDTLS_DIR}/3rdparty/everest/include/everest
    ${MBEDTLS_DIR}/3rdparty/everest/include/everest/kremlib)
if(USSL_ACCEL)
    target_include_directories(ussl_objects PRIVATE ${BEARSSL_DIR}/inc ${BEARSSL_DIR}/src)
endif()
target_compile_definitions(ussl_objects PRIVATE MBEDTLS_CONFIG_FILE="${USSL_MBEDTLS_CONFIG}"
    USSL_HASHLIB=$<NOT:$<BOOL:${ESP_PLATFORM}>>) # in ESP-IDF hashlib keeps to the port's mbedTLS
target_compile_options(ussl_objects PRIVATE -ffunction-sections -fdata-sections ${USSL_FLAGS})
# A port's -Werror is for its own files and ours.
set_source_files_properties(${USSL_MBEDTLS_FILES} ${USSL_ACCEL_FILES} PROPERTIES COMPILE_OPTIONS -Wno-error)
# The inner loops of every record, at twice the speed for 1 KB of flash.
set_source_files_properties(${MBEDTLS_DIR}/library/chacha20.c ${MBEDTLS_DIR}/library/poly1305.c
    PROPERTIES COMPILE_OPTIONS "-Wno-error;-O2")

if(ESP_PLATFORM)
    # One object in which every name but ussl's own is local.
    set(USSL_HIDDEN ${CMAKE_CURRENT_BINARY_DIR}/ussl_hidden.o)
    separate_arguments(USSL_CPU_FLAGS UNIX_COMMAND "${CMAKE_C_FLAGS}")
    list(FILTER USSL_CPU_FLAGS INCLUDE REGEX "^-m")
    add_custom_command(OUTPUT ${USSL_HIDDEN}
        COMMAND ${CMAKE_C_COMPILER} ${USSL_CPU_FLAGS} -r -nostdlib -o ${USSL_HIDDEN} $<TARGET_OBJECTS:ussl_objects>
        COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=ussl_* ${USSL_HIDDEN}
        DEPENDS ussl_objects $<TARGET_OBJECTS:ussl_objects>
        COMMAND_EXPAND_LISTS VERBATIM)
    set_source_files_properties(${USSL_HIDDEN} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
    add_library(ussl_engine STATIC ${USSL_HIDDEN})
    set_target_properties(ussl_engine PROPERTIES LINKER_LANGUAGE C)
else()
    add_library(ussl_engine STATIC $<TARGET_OBJECTS:ussl_objects>)
endif()

# ---- the module ----

add_library(usermod_ussl INTERFACE)
target_sources(usermod_ussl INTERFACE ${USSL_BIND_FILES})
set_source_files_properties(${USSL_BIND_FILES} PROPERTIES COMPILE_OPTIONS "${USSL_FLAGS}")
# Names that only a switch brings are extracted where it is set.
foreach(USSL_FLAG ${USSL_FLAGS})
    if(USSL_FLAG MATCHES "^-D(USSL_[A-Z0-9_]+=[01])$")
        list(APPEND MICROPY_CPP_DEF_EXTRA ${CMAKE_MATCH_1})
    endif()
endforeach()
target_include_directories(usermod_ussl INTERFACE ${USSL_SRC})
target_link_libraries(usermod_ussl INTERFACE ussl_engine)
target_link_libraries(usermod INTERFACE usermod_ussl)

# rp2: hashlib and cryptolib find mbedTLS in ours, and MicroPython's ssl is left out.
if(TARGET micropy_lib_mbedtls)
    set_property(TARGET micropy_lib_mbedtls PROPERTY INTERFACE_SOURCES "")
    list(APPEND MICROPY_DEF_BOARD MICROPY_PY_SSL=0)
endif()

# What the binding is to know; by this list the extraction of names learns it too.
list(APPEND MICROPY_DEF_BOARD USSL_PORT_RANDOM=1)
