# Arm MPS2 board with image AN500: Cortex-M7, whose floating point unit stays unused.
QEMU_MACHINE = mps2-an500
CFLAGS += -mthumb -mcpu=cortex-m7 -mfloat-abi=soft
CFLAGS += -DMICROPY_HW_MCU_NAME='"Cortex-M7"' -DBOARD_ETHERNET_BASE=0xa0000000
