# Arm MPS2 board with image AN385: Cortex-M3.
QEMU_MACHINE = mps2-an385
CFLAGS += -mthumb -mcpu=cortex-m3 -mfloat-abi=soft
CFLAGS += -DMICROPY_HW_MCU_NAME='"Cortex-M3"' -DBOARD_ETHERNET_BASE=0x40200000
