# The demo interpreter: MicroPython's unix port with ussl in place of its own ssl.
MICROPY_PY_SSL = 0
MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 0

# A host has room: fast code. (Without DEBUG; the port itself uses -Og with it.)
ifndef DEBUG
COPT ?= -O2
endif

FROZEN_MANIFEST ?= $(VARIANT_DIR)/manifest.py
