#include "options.h"

#include <string.h>

#include "semihost.h"

static char text[4096];

void options_read(void) {
    char path[256];
    if (semihost_arguments(path, sizeof(path)) != 0) {
        return;
    }
    int file = semihost_open(path, SEMIHOST_READ);
    int len = semihost_read(file, text, sizeof(text) - 1);
    text[len > 0 ? len : 0] = '\0';
    semihost_close(file);
}

const char *options_text(void) {
    return text;
}

size_t options_number(const char *name, size_t otherwise) {
    size_t len = strlen(name);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, len) == 0 && line[len] == '=') {
            size_t value = 0;
            for (const char *digit = line + len + 1; *digit >= '0' && *digit <= '9'; digit++) {
                value = value * 10 + (size_t)(*digit - '0');
            }
            return value;
        }
    }
    return otherwise;
}
