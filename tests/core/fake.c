#include <string.h>

#include "core/fake.h"
#include "core/host.h"

// The path above finds src/core; this file's header is beside it.
