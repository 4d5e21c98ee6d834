"""Runs the case that the host names, and says when it is over."""

import sys


def main():
    __import__(sys.argv[1]).run()
    print("over")
