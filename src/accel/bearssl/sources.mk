# What of BearSSL (0.6) is used, relative to BEARSSL_DIR, and the file of mbedTLS whose
# place ecp_mul.c takes.
USSL_BEARSSL_FILES = \
    src/codec/ccopy.c \
    src/ec/ec_c25519_m31.c \
    src/ec/ec_p256_m31.c \

USSL_ACCEL_REPLACES = library/ecp.c
