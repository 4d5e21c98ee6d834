// A plain mutating fuzzer: the same inputs in the same order every time, for any compiler.
//
//   fuzz SECONDS [TARGET]   runs each target so long, or only those whose name fits
//   fuzz FILE TARGET        runs one input, such as one that made it crash
//
// The input that is running lies in fuzz-NAME.input beside the program, so that it is
// there after a crash.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/pair.h"
#include "fuzz.h"
#include "support/host.h"

const ussl_engine_t *engine_under_test = &ussl_engine_mbedtls;

static const fuzz_target_t *const targets[] = {
    &fuzz_server, &fuzz_client, &fuzz_session, &fuzz_ticket, &fuzz_certificates, &fuzz_key, &fuzz_describe,
    &fuzz_pkcs12, &fuzz_roots,
};

static struct {
    uint8_t data[FUZZ_MAX_INPUT];
    size_t len;
} seeds[FUZZ_MAX_SEEDS];
static unsigned seed_count;
static uint8_t input[FUZZ_MAX_INPUT];
static size_t input_len;
static uint64_t random_state;

void fuzz_seed(const uint8_t *data, size_t len) {
    if (seed_count < FUZZ_MAX_SEEDS && len <= FUZZ_MAX_INPUT) {
        memcpy(seeds[seed_count].data, data, len);
        seeds[seed_count++].len = len;
    }
}

// ---- mutation ----

static uint32_t next_random(uint32_t below) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return below == 0 ? 0 : (uint32_t)(random_state >> 33) % below;
}

static void remove_some(void) {
    size_t at = next_random((uint32_t)input_len);
    size_t n = 1 + next_random((uint32_t)(input_len - at));
    n = n > 64 && next_random(4) != 0 ? 1 + n % 64 : n;
    memmove(input + at, input + at + n, input_len - at - n);
    input_len -= n;
}

static void repeat_some(void) {
    size_t at = next_random((uint32_t)input_len);
    size_t n = 1 + next_random(64);
    if (at + n <= input_len && input_len + n <= FUZZ_MAX_INPUT) {
        memmove(input + at + n, input + at, input_len - at);
        input_len += n;
    }
}

// Puts a piece of a seed over the input.
static void splice(void) {
    unsigned i = next_random(seed_count);
    size_t at = next_random((uint32_t)input_len);
    size_t n = 1 + next_random(200);
    if (at + n <= input_len && n <= seeds[i].len) {
        memcpy(input + at, seeds[i].data + next_random((uint32_t)(seeds[i].len - n + 1)), n);
    }
}

static void mutate_once(void) {
    static const uint8_t telling[] = { 0, 1, 2, 0x7f, 0x80, 0xff, 0x30, 0x16 };
    size_t at = next_random((uint32_t)input_len);
    if (input_len == 0) {
        input[input_len++] = (uint8_t)next_random(256);
        return;
    }
    switch (next_random(6)) {
        case 0: input[at] ^= (uint8_t)(1 << next_random(8)); break;
        case 1: input[at] = (uint8_t)next_random(256); break;
        case 2: input[at] = telling[next_random(sizeof(telling))]; break;
        case 3: remove_some(); break;
        case 4: repeat_some(); break;
        default: splice(); break;
    }
}

static void make_input(void) {
    unsigned i = next_random(seed_count);
    memcpy(input, seeds[i].data, seeds[i].len);
    input_len = seeds[i].len;
    for (unsigned n = next_random(1u << next_random(5)) + 1; n > 0; n--) {
        mutate_once();
    }
}

// ---- running ----

static void keep_input(const char *name) {
    char path[200];
    snprintf(path, sizeof(path), "%s/fuzz-%s.input", getenv("USSL_FUZZ_OUT") == NULL ? "." : getenv("USSL_FUZZ_OUT"), name);
    FILE *f = fopen(path, "wb");
    if (f != NULL) {
        fwrite(input, 1, input_len, f);
        fclose(f);
    }
}

// The smallest number of seconds a run takes is a bound of the loop, never of a case.
static void run_target(const fuzz_target_t *target, double seconds) {
    clock_t stop = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
    unsigned long runs = 0;
    seed_count = 0;
    random_state = 2026;
    target->start();
    for (unsigned i = 0; i < seed_count; i++) {
        target->run(seeds[i].data, seeds[i].len);
    }
    unsigned long live = test_host.live;
    do {
        make_input();
        keep_input(target->name);
        target->run(input, input_len);
        runs++;
    } while (clock() < stop && test_host.live == live);
    bool leaked = test_host.live != live;
    if (target->stop != NULL) {
        target->stop();
    }
    printf(leaked ? "not ok - fuzz %s: input %lu leaks\n" : "ok - fuzz %s, %lu inputs\n", target->name, runs);
    if (leaked) {
        exit(1);
    }
}

static void run_file(const fuzz_target_t *target, const char *path) {
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        exit(2);
    }
    input_len = fread(input, 1, sizeof(input), f);
    fclose(f);
    target->start();
    target->run(input, input_len);
}

int main(int argc, char **argv) {
    double seconds = argc > 1 ? atof(argv[1]) : 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        if (argc > 2 && strcmp(argv[2], targets[i]->name) != 0) {
            continue;
        }
        if (seconds > 0) {
            run_target(targets[i], seconds);
        } else {
            run_file(targets[i], argv[1]);
        }
    }
    return 0;
}
