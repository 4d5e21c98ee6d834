# Added to firmware/Makefile by METER=1: the module "meter", the allocator's and the
# network's functions led through it, and the programs of ../board frozen in.
FROZEN_MANIFEST = $(abspath $(MEASURING))/manifest.py
SRC_C += meter.c
vpath %.c $(abspath $(MEASURING))
CFLAGS_EXTRA += -I$(abspath $(MEASURING))

comma := ,
METERED = gc_alloc gc_realloc gc_free gc_collect_end \
	board_network_poll tcp_write tcp_output tcp_recved pbuf_free
LDFLAGS += $(addprefix -Wl$(comma)--wrap=,$(METERED))
