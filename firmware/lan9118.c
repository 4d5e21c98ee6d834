// Register names and bits as in the LAN9118 datasheet (DS00002266), chapter 5.

#include "lan9118.h"

#define REG(offset)     (*(volatile uint32_t *)(BOARD_ETHERNET_BASE + (offset)))

#define RX_DATA_FIFO    REG(0x00)
#define TX_DATA_FIFO    REG(0x20)
#define RX_STATUS_FIFO  REG(0x40)
#define TX_STATUS_FIFO  REG(0x48)
#define IRQ_CFG         REG(0x54)
#define INT_STS         REG(0x58)
#define INT_EN          REG(0x5c)
#define BYTE_TEST       REG(0x64)
#define FIFO_INT        REG(0x68)
#define RX_CFG          REG(0x6c)
#define TX_CFG          REG(0x70)
#define HW_CFG          REG(0x74)
#define RX_FIFO_INF     REG(0x7c)
#define TX_FIFO_INF     REG(0x80)
#define AFC_CFG         REG(0xac)
#define MAC_CSR_CMD     REG(0xa4)
#define MAC_CSR_DATA    REG(0xa8)

#define BYTE_TEST_VALUE     0x87654321
#define HW_CFG_RESET        (1u << 0)
#define HW_CFG_TX_FIFO_5K   (5u << 16)
#define HW_CFG_MUST_BE_ONE  (1u << 20)
#define AFC_CFG_ADVISED     0x006e3740 // the datasheet's value for 100 Mbit/s
#define IRQ_CFG_PUSH_PULL   (1u << 0)
#define IRQ_CFG_ACTIVE_HIGH (1u << 4)
#define IRQ_CFG_ENABLE      (1u << 8)
#define INT_RX_STATUS_LEVEL (1u << 3)
#define TX_CFG_ON           (1u << 1)
#define MAC_CSR_BUSY        (1u << 31)
#define MAC_CSR_READ        (1u << 30)
#define TX_A_FIRST          (1u << 13)
#define TX_A_LAST           (1u << 12)
#define RX_ERROR            (1u << 15)

enum { MAC_CR = 1, MAC_ADDRESS_HIGH = 2, MAC_ADDRESS_LOW = 3 };

#define MAC_CR_RX_ON        (1u << 2)
#define MAC_CR_TX_ON        (1u << 3)
#define MAC_CR_ALL_MULTICAST (1u << 19)
#define MAC_CR_FULL_DUPLEX  (1u << 20)

#define CHECKSUM_LEN        4
#define PATIENCE            100000 // reads of a register that is about to change

static bool wait_for(volatile uint32_t *reg, uint32_t mask, uint32_t value) {
    for (unsigned i = 0; i < PATIENCE; i++) {
        if ((*reg & mask) == value) {
            return true;
        }
    }
    return false;
}

static void mac_write(uint32_t index, uint32_t value) {
    MAC_CSR_DATA = value;
    MAC_CSR_CMD = MAC_CSR_BUSY | index;
    wait_for(&MAC_CSR_CMD, MAC_CSR_BUSY, 0);
}

static uint32_t mac_read(uint32_t index) {
    MAC_CSR_CMD = MAC_CSR_BUSY | MAC_CSR_READ | index;
    wait_for(&MAC_CSR_CMD, MAC_CSR_BUSY, 0);
    return MAC_CSR_DATA;
}

bool lan9118_init(void) {
    if (!wait_for(&BYTE_TEST, UINT32_MAX, BYTE_TEST_VALUE)) {
        return false;
    }
    HW_CFG = HW_CFG_RESET;
    if (!wait_for(&HW_CFG, HW_CFG_RESET, 0)) {
        return false;
    }
    HW_CFG = HW_CFG_TX_FIFO_5K | HW_CFG_MUST_BE_ONE;
    AFC_CFG = AFC_CFG_ADVISED;
    RX_CFG = 0; // frames start and end on words
    FIFO_INT = 0; // one frame is enough for an interrupt
    INT_EN = 0;
    INT_STS = UINT32_MAX;
    IRQ_CFG = IRQ_CFG_PUSH_PULL | IRQ_CFG_ACTIVE_HIGH | IRQ_CFG_ENABLE;
    mac_write(MAC_CR, MAC_CR_RX_ON | MAC_CR_TX_ON | MAC_CR_ALL_MULTICAST | MAC_CR_FULL_DUPLEX);
    TX_CFG = TX_CFG_ON;
    return true;
}

void lan9118_address(uint8_t mac[6]) {
    uint32_t low = mac_read(MAC_ADDRESS_LOW);
    uint32_t high = mac_read(MAC_ADDRESS_HIGH);
    for (unsigned i = 0; i < 6; i++) {
        mac[i] = (uint8_t)(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
    }
}

void lan9118_interrupt_enable(bool on) {
    INT_EN = on ? INT_RX_STATUS_LEVEL : 0;
}

void lan9118_interrupt_clear(void) {
    INT_STS = INT_RX_STATUS_LEVEL;
}

static size_t words(size_t bytes) {
    return (bytes + 3) / 4;
}

static void read_words(uint32_t *to, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t word = RX_DATA_FIFO;
        if (i < LAN9118_FRAME_MAX / 4) {
            to[i] = word;
        }
    }
}

size_t lan9118_receive(uint32_t *frame) {
    while (RX_FIFO_INF >> 16 & 0xff) {
        uint32_t status = RX_STATUS_FIFO;
        size_t len = status >> 16 & 0x3fff;
        read_words(frame, words(len));
        if (!(status & RX_ERROR) && len > CHECKSUM_LEN && len <= LAN9118_FRAME_MAX) {
            return len - CHECKSUM_LEN;
        }
    }
    return 0;
}

// A finished frame leaves a word of status, which is of no interest; enough of them
// would stop the chip.
static void drop_status(void) {
    while (TX_FIFO_INF >> 16 & 0xff) {
        (void)TX_STATUS_FIFO;
    }
}

bool lan9118_send(const uint32_t *frame, size_t len) {
    size_t count = words(len);
    drop_status();
    if ((TX_FIFO_INF & 0xffff) < (count + 2) * 4) {
        return false;
    }
    TX_DATA_FIFO = TX_A_FIRST | TX_A_LAST | len;
    TX_DATA_FIFO = len;
    for (size_t i = 0; i < count; i++) {
        TX_DATA_FIFO = frame[i];
    }
    return true;
}
