# What is frozen into the demo interpreter: asyncio, and mip with requests where the
# source tree holds them (an upstream clone does once its submodules are fetched).
include("$(MPY_DIR)/extmod/asyncio")

try:
    require("mip")
except ValueError:
    print("micropython-lib is not in this tree: mip and requests are left out")
