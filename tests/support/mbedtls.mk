# mbedTLS for the C tests, built once per compiler into build/host/, with the
# configuration and the files of the engine adapter. Included after host.mk. With
# ACCELERATOR=bearssl as src/accel/bearssl changes it; OUT must be another folder then.

include $(ROOT)/src/engine/mbedtls/sources.mk
ifneq ($(ACCELERATOR),)
include $(ROOT)/src/accel/$(ACCELERATOR)/sources.mk
endif

ifeq ($(wildcard $(MBEDTLS_DIR)/library/ssl_tls13_generic.c),)
$(error the sources of mbedTLS 3.6 are missing: run ./run build once, or set MBEDTLS_DIR=/path/to/mbedtls)
endif

ENGINE_SRC := $(wildcard $(ROOT)/src/engine/mbedtls/*.c)
MBEDTLS_LIB := $(OUT)/libmbedtls.a
MBEDTLS_OBJ := $(addprefix $(OUT)/mbedtls/,$(patsubst %.c,%.o,$(filter \
	$(patsubst $(MBEDTLS_DIR)/%,%,$(wildcard $(addprefix $(MBEDTLS_DIR)/,$(USSL_MBEDTLS_FILES)))),\
	$(filter-out $(USSL_ACCEL_REPLACES),$(USSL_MBEDTLS_FILES)))))
EVEREST := $(MBEDTLS_DIR)/3rdparty/everest/include

MBEDTLS_INC := -isystem $(MBEDTLS_DIR)/include -isystem $(MBEDTLS_DIR)/library \
	$(addprefix -isystem $(EVEREST),/ /everest /everest/kremlib) \
	-I$(ROOT)/src -I$(ROOT)/src/engine/mbedtls -DMBEDTLS_CONFIG_FILE='"ussl_mbedtls_config.h"'
ifeq ($(ACCELERATOR),bearssl)
BEARSSL_DIR ?= $(ROOT)/build/src/bearssl
ifeq ($(wildcard $(BEARSSL_DIR)/src/ec/ec_p256_m31.c),)
$(error the sources of BearSSL are missing: run ./run firmware build once, or set BEARSSL_DIR=/path/to/bearssl)
endif
MBEDTLS_INC += -isystem $(BEARSSL_DIR)/inc
MBEDTLS_OBJ += $(addprefix $(OUT)/bearssl/,$(USSL_BEARSSL_FILES:.c=.o))
ENGINE_SRC += $(wildcard $(ROOT)/src/accel/bearssl/*.c)
endif

MBEDTLS_CFLAGS := -std=gnu99 -g -O1 -fno-omit-frame-pointer $(SANITIZE) $(MBEDTLS_INC) -MD -MP

$(MBEDTLS_LIB): $(MBEDTLS_OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(OUT)/mbedtls/%.o: $(MBEDTLS_DIR)/%.c
	@mkdir -p $(dir $@)
	$(CC) $(MBEDTLS_CFLAGS) $(if $(filter %aes.c %aesni.c %gcm.c,$<),$(AES_FLAGS)) $(if $(filter $(ARITHMETIC),$<),$(FAST)) -c -o $@ $<

$(OUT)/bearssl/%.o: $(BEARSSL_DIR)/%.c
	@mkdir -p $(dir $@)
	$(CC) $(MBEDTLS_CFLAGS) -isystem $(BEARSSL_DIR)/src $(FAST) -c -o $@ $<

# The inner loops of the arithmetic parse nothing; instrumented they would
# take most of the tests' time.
ARITHMETIC := $(addprefix $(MBEDTLS_DIR)/library/,bignum.c bignum_core.c ecp_curves.c sha256.c sha512.c)
FAST := -O2 -fno-sanitize=all

# As in the module's own build; mbedTLS asks the processor first.
AES_FLAGS := $(if $(findstring x86_64,$(shell $(CC) -dumpmachine)),-maes -mpclmul -msse2)

$(OUT)/src/engine/%.o $(OUT)/src/accel/%.o $(OUT)/tests/engine/%.o $(OUT)/tests/accel/%.o $(OUT)/tests/fuzz/%.o: CFLAGS_TEST += $(MBEDTLS_INC)

-include $(MBEDTLS_OBJ:.o=.d)
