// Ports whose sockets ussl knows nothing about: they are streams like any other.

#include "bind/bind.h"

#if !USSL_POSIX && !defined(ESP_PLATFORM) && !MICROPY_PY_LWIP

bool ussl_transport_port_init(ussl_transport_obj_t *t, mp_obj_t stream) {
    (void)t;
    (void)stream;
    return false;
}

void ussl_transport_port_reopen(ussl_transport_obj_t *t, mp_obj_t address) {
    (void)t;
    (void)address;
}

bool ussl_transport_port_renew(ussl_transport_obj_t *t) {
    (void)t;
    return false;
}

mp_obj_t ussl_transport_address(const ussl_transport_obj_t *t, mp_obj_t address) {
    (void)t;
    return address;
}

void ussl_transport_print_address(const mp_print_t *print, mp_obj_t address) {
    mp_obj_print_helper(print, address, PRINT_REPR);
}

#endif
