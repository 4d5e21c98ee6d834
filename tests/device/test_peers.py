#!/usr/bin/env python3
"""The board with real peers, as client and, through a forwarded port, as server:
TLS 1.2 and 1.3, ECDSA and RSA chains, full and resumed, data both ways. A connection
counts as resumed only when both ends say so.

    test_peers.py BOARD
"""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "interop")]

import test_matrix  # noqa: E402
from support import mpy  # noqa: E402
from support.report import end  # noqa: E402

SERVERS = ("openssl s_server", "nginx", "mosquitto, mutual")
CLIENTS = ("openssl s_client", "curl")

if __name__ == "__main__":
    mpy.use_board(sys.argv[1])
    test_matrix.run_all(CLIENTS, SERVERS, us=sys.argv[1])
    end()
