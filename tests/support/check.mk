# What every Makefile of C tests ends with: building under a lock, because runs side by
# side share objects, and running with each compiler.

KEEP ?=

ifeq ($(origin CC),default)
check:
	@$(MAKE) --no-print-directory check CC=gcc
	@$(MAKE) --no-print-directory check CC=clang
else
check: build
	@status=0; for program in $(PROGRAMS); do $$program $(KEEP) || status=1; done; exit $$status
endif

build:
	@mkdir -p $(OUT)
	@test ! -e $(ROOT)/tests/certs/make.py || python3 $(ROOT)/tests/certs/make.py $(PKI) >/dev/null
	@flock $(OUT)/lock $(MAKE) --no-print-directory -s -j2 programs CC='$(CC)' OUT='$(OUT)' SANITIZE='$(SANITIZE)'

programs: $(PROGRAMS)

# A build of its own without sanitizers; KEEP=word makes it bearable where that is much.
valgrind:
	@$(MAKE) --no-print-directory build CC=gcc OUT='$(ROOT)/build/host/valgrind' SANITIZE=
	@for program in $(patsubst $(OUT)/%,$(ROOT)/build/host/valgrind/%,$(PROGRAMS)); do \
	    valgrind -q --error-exitcode=1 --leak-check=full \
	    --show-leak-kinds=definite --errors-for-leak-kinds=definite $$program $(KEEP) || exit 1; done

-include $(OBJ:.o=.d)

.PHONY: all check build programs valgrind
