#include "core/status.h"

ussl_status_t ussl_fail(ussl_error_t *err, ussl_error_class_t cls, ussl_reason_t reason) {
    *err = (ussl_error_t) { .cls = (uint8_t)cls, .reason = (uint8_t)reason };
    return USSL_FAILED;
}
