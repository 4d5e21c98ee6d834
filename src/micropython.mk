# ussl as a MicroPython user C module, for ports that build with make:
#
#   make -C ports/unix USER_C_MODULES=/path/to/ussl MICROPY_PY_SSL=0 MBEDTLS_DIR=/path/to/mbedtls
#
# USER_C_MODULES names the folder above this one. MBEDTLS_DIR holds mbedTLS 3.6.4 or later; if
# not given, it is what ./run fetched, else the port tree's own lib/mbedtls. Options:
#
#   USSL_HASHLIB=0   do not give back hashlib.md5, hashlib.sha1 and cryptolib, which
#                    MICROPY_PY_SSL=0 takes away on some ports (unix, stm32, mimxrt)
#   USSL_OPT=-O2     optimisation of ussl and mbedTLS (unix: -O2; firmware: the port's)
#   USSL_MBEDTLS_CONFIG=...  a header of your own, on the port's include path, that
#                    includes "engine/mbedtls/ussl_mbedtls_config_board.h" (unix and
#                    windows: ussl_mbedtls_config.h) and adds to it
#   USSL_WITHOUT="TLS13 EARLY_DATA SERVER RSA PSK MESSAGES"  leaves out what a program does not need; what each
#                    saves is in docs/building.md
#   USSL_TRUST_BUNDLE=1  puts the distribution's trusted roots into flash (67 KB for Debian's 140; a list of PEM
#                    files instead of 1: those roots), for contexts that are told of none
#   USSL_LTO=1       lets the linker optimise over ussl's and mbedTLS's files: 6 % smaller
#   USSL_CFLAGS=...  more flags for ussl's and mbedTLS's files only
#   USSL_ACCEL=bearssl  P-256 and X25519 by BearSSL: a handshake in little more than a third of the instructions, for processors
#                    of 32 bits: needs BEARSSL_DIR, BearSSL 0.6 (8 KB of flash)
#
# Include paths follow the layers: only engine files and mbedTLS itself see mbedTLS's
# headers, and only mbedTLS and its adapter the private ones. The binding sees src/.

USSL_SRC := $(USERMOD_DIR)
USSL_PORT := $(notdir $(CURDIR))

ifeq ($(MICROPY_PY_SSL),1)
$(error ussl replaces MicroPython's own ssl: add MICROPY_PY_SSL=0 to the command)
endif

ifeq ($(MBEDTLS_DIR),)
MBEDTLS_DIR := $(firstword $(wildcard $(abspath $(USSL_SRC)/../build/src/mbedtls $(TOP)/lib/mbedtls/library/..)))
endif
ifeq ($(wildcard $(MBEDTLS_DIR)/library/ssl_tls13_generic.c),)
$(error ussl needs the sources of mbedTLS 3.6.4 or later: set MBEDTLS_DIR=/path/to/mbedtls (now "$(MBEDTLS_DIR)"))
endif

include $(USSL_SRC)/engine/mbedtls/sources.mk

ifneq ($(USSL_ACCEL),)
include $(USSL_SRC)/accel/$(USSL_ACCEL)/sources.mk
endif

# Every C file of a layer's folder belongs to the layer. Only the binding holds
# MicroPython's names (MP_QSTR_...), so only it goes through their extraction.
SRC_USERMOD_C += $(wildcard $(USSL_SRC)/bind/*.c)
SRC_USERMOD_LIB_C += $(wildcard $(USSL_SRC)/core/*.c $(USSL_SRC)/engine/mbedtls/*.c)
SRC_USERMOD_LIB_C += $(wildcard $(addprefix $(MBEDTLS_DIR)/,$(filter-out $(USSL_ACCEL_REPLACES),$(USSL_MBEDTLS_FILES))))

CFLAGS_USERMOD += -I$(USSL_SRC)

# Ports whose randomness comes from hardware; see bind/entropy.c.
ifneq ($(filter stm32 mimxrt renesas-ra alif,$(USSL_PORT)),)
CFLAGS_USERMOD += -DUSSL_PORT_RANDOM=1
endif

# Where the port's make puts the objects (py.mk shortens the same way).
USSL_OBJ := $(BUILD)/$(patsubst $(USER_C_MODULES)/%,%,$(USSL_SRC))
# (From 1.29 on they are shortened for the modules' own folders only.)
USSL_MBEDTLS_OBJ := $(BUILD)/$(if $(USERMOD_DIRS),$(MBEDTLS_DIR),$(patsubst $(USER_C_MODULES)/%,%,$(MBEDTLS_DIR)))

ifeq ($(USSL_PORT),unix)
USSL_OPT ?= -O2
endif

# hashlib and cryptolib where they depend on MICROPY_PY_SSL: by the port's configuration,
# if it speaks of them, else by MicroPython's own (since 1.28), else on unix.
USSL_HASHLIB_PORT := $(shell grep -s 'define MICROPY_PY_HASHLIB_MD5' mpconfigport.h)
USSL_HASHLIB_TIED := $(findstring MICROPY_PY_SSL,$(USSL_HASHLIB_PORT))
USSL_HASHLIB_LOST := $(shell grep 'HASHLIB_MD5 .*MICROPY_PY_SSL' $(TOP)/py/mpconfig.h)$(filter unix,$(USSL_PORT))
USSL_HASHLIB ?= $(if $(USSL_HASHLIB_TIED)$(if $(USSL_HASHLIB_PORT),,$(USSL_HASHLIB_LOST)),1,0)
USSL_MBEDTLS_CONFIG ?= $(if $(filter unix windows,$(USSL_PORT)),ussl_mbedtls_config.h,ussl_mbedtls_config_board.h)
USSL_EVEREST := $(MBEDTLS_DIR)/3rdparty/everest/include
USSL_MBEDTLS_INC := -I$(USSL_SRC)/engine/mbedtls -I$(MBEDTLS_DIR)/include \
	$(addprefix -I$(USSL_EVEREST),/ /everest /everest/kremlib) -DMBEDTLS_CONFIG_FILE='"$(USSL_MBEDTLS_CONFIG)"' \
	-DUSSL_HASHLIB=$(USSL_HASHLIB)

USSL_UNKNOWN := $(filter-out TLS13 EARLY_DATA SERVER RSA PSK MESSAGES,$(USSL_WITHOUT))
ifneq ($(USSL_UNKNOWN),)
$(error USSL_WITHOUT: there is no $(USSL_UNKNOWN); the words are TLS13, EARLY_DATA, SERVER, RSA, PSK and MESSAGES)
endif
USSL_CFLAGS += $(patsubst %,-DUSSL_%=0,$(USSL_WITHOUT)) $(if $(filter 1,$(USSL_LTO)),-flto)

ifneq ($(USSL_TRUST_BUNDLE),)
USSL_ROOTS := $(abspath $(if $(filter 1,$(USSL_TRUST_BUNDLE)),/etc/ssl/certs/ca-certificates.crt,$(USSL_TRUST_BUNDLE)))
USSL_BUNDLE := $(abspath $(BUILD))/ussl_trust_bundle.inc
USSL_BUNDLE_TOOL := $(abspath $(USSL_SRC)/../tools/trust_bundle.py)
$(USSL_BUNDLE): $(USSL_BUNDLE_TOOL) $(USSL_ROOTS)
	$(Q)mkdir -p $(dir $@)
	$(Q)$(PYTHON) $(USSL_BUNDLE_TOOL) --c $(if $(filter RSA,$(USSL_WITHOUT)),--ec-only) $@ $(USSL_ROOTS)
USSL_CFLAGS += -DUSSL_TRUST_BUNDLE='"$(USSL_BUNDLE)"'
$(USSL_OBJ)/bind/default_roots.o: $(USSL_BUNDLE)
endif

$(USSL_OBJ)/%.o: CFLAGS += $(USSL_OPT) $(USSL_CFLAGS)
# Names that only a switch brings are extracted where it is set.
$(HEADER_BUILD)/qstr.i.last: QSTR_GEN_CFLAGS += $(filter -DUSSL_%=0 -DUSSL_%=1,$(USSL_CFLAGS))
$(USSL_OBJ)/core/%.o: CFLAGS += -I$(USSL_SRC)/core
$(USSL_OBJ)/engine/%.o: CFLAGS += -I$(USSL_SRC)/core $(USSL_MBEDTLS_INC) -I$(MBEDTLS_DIR)/library
$(USSL_MBEDTLS_OBJ)/library/%.o: CFLAGS += $(USSL_OPT) $(USSL_CFLAGS) $(USSL_MBEDTLS_INC)
$(USSL_MBEDTLS_OBJ)/3rdparty/%.o: CFLAGS += $(USSL_OPT) $(USSL_CFLAGS) $(USSL_MBEDTLS_INC) -I$(MBEDTLS_DIR)/library

ifeq ($(USSL_ACCEL),bearssl)
BEARSSL_DIR ?= $(abspath $(USSL_SRC)/../build/src/bearssl)
ifeq ($(wildcard $(BEARSSL_DIR)/src/ec/ec_p256_m31.c),)
$(error USSL_ACCEL=bearssl needs the sources of BearSSL 0.6: set BEARSSL_DIR=/path/to/bearssl (now "$(BEARSSL_DIR)"))
endif
SRC_USERMOD_LIB_C += $(wildcard $(USSL_SRC)/accel/bearssl/*.c) $(addprefix $(BEARSSL_DIR)/,$(USSL_BEARSSL_FILES))
USSL_BEARSSL_OBJ := $(BUILD)/$(if $(USERMOD_DIRS),$(BEARSSL_DIR),$(patsubst $(USER_C_MODULES)/%,%,$(BEARSSL_DIR)))
$(USSL_OBJ)/accel/%.o: CFLAGS += $(USSL_MBEDTLS_INC) -I$(MBEDTLS_DIR)/library -I$(BEARSSL_DIR)/inc
$(USSL_BEARSSL_OBJ)/src/%.o: CFLAGS += $(USSL_OPT) $(USSL_CFLAGS) -I$(BEARSSL_DIR)/inc -I$(BEARSSL_DIR)/src
endif

# The inner loops of every record, at twice the speed for 1 KB of flash.
$(addprefix $(USSL_MBEDTLS_OBJ)/library/,chacha20.o poly1305.o): CFLAGS += -O2

# AES and carry-less multiplication instructions: mbedTLS asks the processor before it
# uses them, so the binary runs everywhere. Looked at late: some ports choose their
# compiler only after this file.
$(addprefix $(USSL_MBEDTLS_OBJ)/library/,aes.o aesni.o gcm.o): CFLAGS += \
	$(if $(findstring x86_64,$(shell $(CC) -dumpmachine)),-maes -mpclmul -msse2)

# A port's own hooks for mbedTLS, with the configuration they were written for. Up to
# MicroPython 1.27 the one for randomness is among them.
ifneq ($(wildcard mbedtls/mbedtls_port.c),)
MICROPY_SSL_MBEDTLS = 1
$(BUILD)/mbedtls/mbedtls_port.o: CFLAGS += -DMICROPY_SSL_MBEDTLS=1 -I$(MBEDTLS_DIR)/include \
	-DMBEDTLS_CONFIG_FILE='"mbedtls/mbedtls_config_port.h"'
endif

ifeq ($(USSL_HASHLIB),1)
USSL_HASHLIB_FLAGS := $(USSL_MBEDTLS_INC) -DMICROPY_SSL_MBEDTLS=1 $(if $(USSL_HASHLIB_TIED),-DMICROPY_PY_SSL=1, \
	-DMICROPY_PY_HASHLIB_MD5=1 -DMICROPY_PY_HASHLIB_SHA1=1 -DMICROPY_PY_CRYPTOLIB=1)
$(BUILD)/extmod/modhashlib.o $(BUILD)/extmod/modcryptolib.o: CFLAGS += $(USSL_HASHLIB_FLAGS)
# Their names are extracted in one go with all others.
$(HEADER_BUILD)/qstr.i.last: QSTR_GEN_CFLAGS += $(USSL_HASHLIB_FLAGS)
endif
