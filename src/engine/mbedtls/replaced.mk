# The files of mbedTLS that one of ours takes the place of, by including it; each says why.
# Who builds mbedTLS without ussl needs them beside those of sources.mk.
USSL_MBEDTLS_REPLACED = \
    library/pkcs5.c \
    library/ssl_client.c \
    library/ssl_tls12_client.c \
    library/ssl_tls12_server.c \
    library/ssl_tls13_client.c \
    library/ssl_tls13_generic.c \
    library/ssl_tls13_keys.c \
    library/ssl_tls13_server.c
