#!/usr/bin/env python3
"""Early data from a board to real servers, and from real clients to a board.

    test_early.py BOARD
"""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "interop")]

from test_early_data import accepted, from_openssl, gnutls, hello_retry, refused  # noqa: E402
from support import mpy  # noqa: E402
from support.report import case, end  # noqa: E402


def run_all(board):
    with case(board + ": openssl s_server takes early data"):
        accepted(100)
    with case(board + ": gnutls-serv takes early data"):
        gnutls()
    with case(board + ": refused by a server that was started again"):
        refused(300)
    with case(board + ": refused by HelloRetryRequest"):
        hello_retry()
    with case(board + ": openssl s_client sends early data, twice with one ticket"):
        from_openssl()


if __name__ == "__main__":
    mpy.use_board(sys.argv[1])
    run_all(sys.argv[1])
    end()
