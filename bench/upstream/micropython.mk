# MicroPython's own ssl on a host, over the sources of mbedTLS that ussl uses: the unix port
# would link a library of the system's. Configured as MicroPython does on unix.

UPSTREAM := $(USERMOD_DIR)
include $(UPSTREAM)/../../src/engine/mbedtls/sources.mk
include $(UPSTREAM)/../../src/engine/mbedtls/replaced.mk

# MicroPython has its own error.c.
UPSTREAM_FILES := $(filter-out library/error.c 3rdparty/%,$(USSL_MBEDTLS_FILES)) $(USSL_MBEDTLS_REPLACED)
SRC_USERMOD_LIB_C += $(addprefix $(MBEDTLS_DIR)/,$(UPSTREAM_FILES)) $(abspath $(TOP))/lib/mbedtls_errors/mp_mbedtls_errors.c
CFLAGS_EXTMOD += -I$(MBEDTLS_DIR)/include -I$(MBEDTLS_DIR)/library -I$(TOP)/ports/unix/mbedtls -DMBEDTLS_CONFIG_FILE='"mbedtls_config_port.h"'
