# How the C tests are built, for the Makefiles beside this folder. Everything goes
# under build/host/, apart per compiler.
#
#   make check            every program, with gcc and with clang
#   make check CC=clang   with this compiler only
#   make check KEEP=word  only cases whose name holds the word
#   make valgrind         without sanitizers, under valgrind
#
# In the environment: USSL_TEST_ALL=1 tells every reason of a failed case, not the first;
# USSL_MEMORY_STRIDE=1 lets memory run out in every way at every place (the default
# leaves some ways out), a larger number at fewer places.

ROOT := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../..)
MBEDTLS_DIR ?= $(ROOT)/build/src/mbedtls
PKI := $(ROOT)/build/pki
OUT := $(ROOT)/build/host/$(notdir $(firstword $(CC)))

SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=undefined
export ASAN_OPTIONS ?= detect_leaks=1:detect_stack_use_after_return=1:malloc_context_size=6
export UBSAN_OPTIONS ?= print_stacktrace=1
export USSL_PKI := $(PKI)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
	-Wundef -Wwrite-strings -Wvla -Werror
CFLAGS_TEST = -std=gnu99 -g -O1 -fno-omit-frame-pointer $(SANITIZE) $(WARN) -I$(ROOT)/src -I$(ROOT)/tests \
	-MD -MP

CORE_SRC := $(wildcard $(ROOT)/src/core/*.c)
SUPPORT_SRC := $(wildcard $(ROOT)/tests/support/*.c)

# From source files to their objects, in the same folders.
objects = $(patsubst $(ROOT)/%.c,$(OUT)/%.o,$(abspath $(1)))

$(OUT)/%.o: $(ROOT)/%.c
	@mkdir -p $(dir $@)
	$(CC) $(CFLAGS_TEST) -c -o $@ $<
