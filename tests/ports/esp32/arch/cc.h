#include <stdio.h>
#include <sys/time.h>

#define LWIP_NO_CTYPE_H 1
