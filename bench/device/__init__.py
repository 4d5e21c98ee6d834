"""What TLS costs on an emulated Cortex-M3: see case_device.py and ../README.md."""
