#include "engine/pair.h"
#include "engine/suite.h"
#include "support/host.h"
#include <stdio.h>
const ussl_engine_t *engine_under_test = &ussl_engine_mbedtls;
int main(int c,char**v){test_begin(c,v);suite_memory();return test_end();}
