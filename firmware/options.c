#include "options.h"

#include <string.h>

#include "semihost.h"

static char text[4096];

// The first word is the emulator's own when no options were given: it has no "=".
void options_read(void) {
    if (semihost_arguments(text, sizeof(text)) != 0 || strchr(text, '=') == NULL) {
        text[0] = '\0';
    }
}

const char *options_text(void) {
    return text;
}

static size_t number(const char *digits) {
    size_t value = 0;
    while (*digits >= '0' && *digits <= '9') {
        value = value * 10 + (size_t)(*digits++ - '0');
    }
    return value;
}

size_t options_number(const char *name, size_t otherwise) {
    size_t len = strlen(name);
    for (const char *word = text; word != NULL; word = strchr(word, ' ')) {
        word += *word == ' ';
        if (strncmp(word, name, len) == 0 && word[len] == '=') {
            return number(word + len + 1);
        }
    }
    return otherwise;
}
