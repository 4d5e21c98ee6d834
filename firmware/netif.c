#include <string.h>

#include "py/mphal.h"

#include "extmod/modnetwork.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

#include "lan9118.h"
#include "netif.h"

struct netif board_netif;

static uint32_t frame[LAN9118_FRAME_MAX / 4];

u32_t sys_now(void) {
    return board_ticks_ms();
}

static err_t link_output(struct netif *netif, struct pbuf *p) {
    (void)netif;
    if (p->tot_len > sizeof(frame)) {
        return ERR_BUF;
    }
    pbuf_copy_partial(p, frame, p->tot_len, 0);
    return lan9118_send(frame, p->tot_len) ? ERR_OK : ERR_MEM;
}

static err_t netif_setup(struct netif *netif) {
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->hostname = mod_network_hostname_data;
    netif->output = etharp_output;
    netif->linkoutput = link_output;
    netif->mtu = 1500;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    lan9118_address(netif->hwaddr);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

void board_network_init(void) {
    lwip_init();
    if (!lan9118_init()) {
        return;
    }
    netif_add_noaddr(&board_netif, NULL, netif_setup, ethernet_input);
    netif_set_default(&board_netif);
    netif_set_up(&board_netif);
    dhcp_start(&board_netif);
    lan9118_interrupt_enable(true);
    board_interrupt_network();
}

static void hand_over(const uint32_t *data, size_t len) {
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_POOL);
    if (p != NULL && (pbuf_take(p, data, (u16_t)len) != ERR_OK || board_netif.input(p, &board_netif) != ERR_OK)) {
        pbuf_free(p);
    }
}

// ---- resets ----

// A reset makes lwIP's sockets forget what came before it and is not read yet: a TLS
// server's last words, that say why it hangs up. So resets wait until the board has had a
// chance to read and nothing else to do, or for some time.
#define RESETS_MAX      4
#define RESET_LEN_MAX   64
#define RESET_WAIT_MS   100

static struct {
    uint32_t frames[RESETS_MAX][RESET_LEN_MAX / 4];
    size_t lengths[RESETS_MAX];
    unsigned count;
    uint32_t since;
    bool traffic; // since the board last had nothing to do
} resets;

static bool is_reset(const uint8_t *bytes, size_t len) {
    enum { TYPE = 12, IP = 14, PROTOCOL = IP + 9, FLAGS = 13, RST = 4 };
    size_t tcp = IP + (bytes[IP] & 15) * 4u;
    return len <= RESET_LEN_MAX && tcp + FLAGS < len && bytes[TYPE] == 8 && bytes[TYPE + 1] == 0
           && bytes[PROTOCOL] == IP_PROTO_TCP && bytes[tcp + FLAGS] & RST;
}

static void let_resets_in(void) {
    unsigned count = resets.count;
    resets.count = 0;
    for (unsigned i = 0; i < count; i++) {
        hand_over(resets.frames[i], resets.lengths[i]);
    }
}

static void hold_back(size_t len) {
    if (resets.count == RESETS_MAX) {
        let_resets_in();
    }
    memcpy(resets.frames[resets.count], frame, len);
    resets.lengths[resets.count] = len;
    resets.since = resets.count++ == 0 ? board_ticks_ms() : resets.since;
}

void board_network_idle(void) {
    if (!resets.traffic) {
        let_resets_in();
    }
    resets.traffic = false;
}

// ---- receiving ----

#define FRAMES_AT_ONCE 8

// Two ends whose windows are both shut answer each other for ever, so the board does not
// wait for the last frame before it gets on with its work.
static void take_in(void) {
    for (int i = 0; i < FRAMES_AT_ONCE; i++) {
        size_t len = lan9118_receive(frame);
        if (len == 0) {
            return;
        }
        resets.traffic = true;
        if (is_reset((const uint8_t *)frame, len)) {
            hold_back(len);
        } else {
            hand_over(frame, len);
        }
    }
    board_network_due = 1;
}

// The loopback interface hands its packets over here as well. The interrupt is cleared
// first: a frame that comes while others are taken in raises it again.
void board_network_poll(void) {
    board_network_due = 0;
    if (netif_is_up(&board_netif)) {
        lan9118_interrupt_clear();
        take_in();
        if (resets.count > 0 && board_ticks_ms() - resets.since >= RESET_WAIT_MS) {
            let_resets_in();
        }
        lan9118_interrupt_enable(true);
    }
    netif_poll_all();
    sys_check_timeouts();
}
