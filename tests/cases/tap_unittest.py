# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the unittest cases of the calling module and prints TAP, so that the
# driver that runs all other tests runs these as well.  A test is called by
# its name with blanks for underscores: names are sentences.

import sys
import unittest


class TapResult(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.number = 0

    def line(self, test, good, text="", more=""):
        self.number += 1
        name = test.id().rpartition(".")[2]
        name = name[len("test_"):] if name.startswith("test_") else name
        print(f"{'ok' if good else 'not ok'} {self.number} - "
              f"{name.replace('_', ' ')}{more}")
        for each in text.splitlines():
            print("# " + each)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.line(test, True)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line(test, True, more=f" # SKIP {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.line(test, False, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.line(test, False, self.errors[-1][1])


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(
        sys.modules["__main__"])
    print(f"1..{suite.countTestCases()}")
    result = TapResult()
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
