# Added to firmware/Makefile by MODULE=micropython: MicroPython's own module over the same
# sources of mbedTLS, configured as MicroPython configures it.

include ../src/engine/mbedtls/sources.mk
include ../src/engine/mbedtls/replaced.mk

# MicroPython replaces one file (the texts of errors).
MP_MBEDTLS_FILES = $(filter-out library/error.c 3rdparty/%,$(USSL_MBEDTLS_FILES)) $(USSL_MBEDTLS_REPLACED)
MP_MBEDTLS_OBJ = $(addprefix $(BUILD)/mbedtls/,$(MP_MBEDTLS_FILES:.c=.o)) \
	$(BUILD)/lib/mbedtls_errors/mp_mbedtls_errors.o

# Also what modtls_mbedtls.c is compiled with.
USSL_MBEDTLS_INC = -I$(MBEDTLS_DIR)/include -I$(abspath $(MEASURING)) \
	-DMBEDTLS_CONFIG_FILE='"mbedtls_config_port.h"'

CFLAGS += -DMICROPY_SSL_MBEDTLS=1 -DMICROPY_TRACKED_ALLOC=1 $(USSL_MBEDTLS_INC)
OBJ += $(MP_MBEDTLS_OBJ) $(BUILD)/clock_for_mbedtls.o
vpath %.c $(abspath $(MEASURING))

# ussl's calendar serves it too.
OBJ += $(BUILD)/calendar.o
$(BUILD)/calendar.o: CFLAGS += -DUSSL_MBEDTLS_CALENDAR
vpath calendar.c $(abspath $(CURDIR)/../src/engine/mbedtls)

$(BUILD)/mbedtls/%.o: $(MBEDTLS_DIR)/%.c
	$(call compile_c)

$(MP_MBEDTLS_OBJ): | $(sort $(dir $(MP_MBEDTLS_OBJ)))
$(sort $(dir $(MP_MBEDTLS_OBJ))):
	$(Q)$(MKDIR) -p $@
