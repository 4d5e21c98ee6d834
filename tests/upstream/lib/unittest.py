"""As much of unittest as MicroPython's tests of TLS ask for: its source package has none."""
import sys


class TestCase:
    pass


def main():
    module = __import__("__main__")
    count = failures = 0
    for name in dir(module):
        case = getattr(module, name)
        if not isinstance(case, type) or not issubclass(case, TestCase):
            continue
        for method in dir(case):
            if method.startswith("test"):
                count += 1
                failures += not passes(getattr(case(), method))
    print("-" * 70)
    print("Ran %d tests\n" % count)
    print("FAILED (failures=%d, errors=0)" % failures if failures or not count else "OK")


def passes(method):
    try:
        method()
    except Exception as error:
        sys.print_exception(error)
        return False
    return True
