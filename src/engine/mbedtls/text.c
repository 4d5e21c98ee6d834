// Text from certificates as UTF-8: older ones hold it in other encodings, and hostile
// ones anything. What is no character that can be shown becomes U+FFFD.

#include "engine/mbedtls/internal.h"

#define REPLACEMENT 0xfffd

typedef struct cursor {
    const uint8_t *at;
    const uint8_t *end;
} cursor_t;

static uint32_t take_big_endian(cursor_t *c, unsigned bytes) {
    uint32_t value = 0;
    for (; bytes > 0 && c->at < c->end; bytes--) {
        value = value << 8 | *c->at++;
    }
    return bytes == 0 ? value : REPLACEMENT;
}

// One character of UTF-8 (RFC 3629 4); a wrong byte is one wrong character.
static uint32_t take_utf8(cursor_t *c) {
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    uint8_t first = *c->at++;
    unsigned more = first < 0x80 ? 0 : first >= 0xf0 && first < 0xf8 ? 3 : first >= 0xe0 ? 2 : 1;
    uint32_t value = first < 0x80 ? first : first & (0x3fu >> more);
    if (first >= 0xf8 || (first >= 0x80 && first < 0xc0) || (size_t)(c->end - c->at) < more) {
        return REPLACEMENT;
    }
    for (unsigned i = 0; i < more; i++) {
        if ((c->at[i] & 0xc0) != 0x80) {
            return REPLACEMENT;
        }
        value = value << 6 | (c->at[i] & 0x3fu);
    }
    c->at += more;
    return value >= least[more] ? value : REPLACEMENT;
}

static bool is_control(uint32_t value) {
    return value < 0x20 || (value >= 0x7f && value < 0xa0);
}

static uint32_t take(cursor_t *c, int tag) {
    uint32_t value = tag == MBEDTLS_ASN1_BMP_STRING ? take_big_endian(c, 2)
        : tag == MBEDTLS_ASN1_UNIVERSAL_STRING ? take_big_endian(c, 4)
        : tag == MBEDTLS_ASN1_T61_STRING ? *c->at++ : take_utf8(c);
    bool surrogate = value >= 0xd800 && value < 0xe000;
    return surrogate || value > 0x10ffff ? REPLACEMENT : value;
}

static unsigned utf8_size(uint32_t value) {
    return value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
}

static void put_utf8(char *out, uint32_t value, unsigned size) {
    static const uint8_t marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (unsigned i = size; i-- > 1; value >>= 6) {
        out[i] = (char)(0x80 | (value & 0x3f));
    }
    out[0] = (char)(marks[size] | value);
}

static size_t put_text(char *out, size_t size, const mbedtls_asn1_buf *value, bool hide_controls) {
    cursor_t c = { value->p, value->p + value->len };
    size_t used = 0;
    while (c.at < c.end) {
        uint32_t character = take(&c, value->tag);
        character = hide_controls && is_control(character) ? REPLACEMENT : character;
        unsigned bytes = utf8_size(character);
        if (size - used <= bytes) {
            break;
        }
        put_utf8(out + used, character, bytes);
        used += bytes;
    }
    out[used] = '\0';
    return used;
}

size_t ussl_mbedtls_text(char *out, size_t size, const mbedtls_asn1_buf *value) {
    return put_text(out, size, value, true);
}

size_t ussl_mbedtls_exact_text(char *out, size_t size, const mbedtls_asn1_buf *value) {
    return put_text(out, size, value, false);
}
