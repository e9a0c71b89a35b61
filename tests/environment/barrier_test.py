#!/usr/bin/python3
"""No arithmetic moved out of the scope of a rounding guard. Usage: barrier_test.py SAMPLE_OBJECT LIBRARY...

A compiler takes a change of the rounding mode for a call like any other: arithmetic on values that it holds in
registers may move across it. So this test disassembles every function that makes a Rounding guard, follows its
paths from the entry with the number of guards alive, and wants every instruction that rounds to lie where there
is one. The sample object holds functions whose arithmetic is in the wrong place: they must be found.
Landing pads are left out: an exception ends a proof. Exit code 77: the machine is not x86-64, or has no objdump.
"""
import platform
import re
import shutil
import subprocess
import sys
import unittest

SAMPLE, LIBRARIES = sys.argv[1], sys.argv[2:]
FUNCTION = re.compile(r"^[0-9a-f]+ <(.+)>:$")
INSTRUCTION = re.compile(r"^\s+([0-9a-f]+):\t(.*)$")
RELOCATION = re.compile(r"^\s+[0-9a-f]+: R_X86_64_\w+\s+(\S+)")
# Sums, products, quotients, roots, fused forms and conversions that may be inexact; comparisons and moves are exact.
ROUNDS = re.compile(r"^v?(((add|sub|mul|div|sqrt|hadd|hsub|addsub)[sp][sd])|(fn?m(add|sub|addsub|subadd)\w*)|"
                    r"(cvt(sd2ss|pd2ps|sd2si|ss2si|pd2dq|ps2dq|u?si2ssl?|u?si2s[sd]q|u?qq2p[sd]|udq2ps|dq2ps)\w*)|"
                    r"(round|rndscale|scalef|reduce)[sp][sd]|f(add|sub|mul|div|sqrt)\w*)\b")
GUARD_MADE = re.compile(r"^_ZN7maxcert8RoundingC[12]Ei")
GUARD_ENDS = re.compile(r"^_ZN7maxcert8RoundingD[12]Ev")
ENDS_HERE = re.compile(r"throw|terminate|_Unwind_Resume|abort|stack_chk_fail|reject")


def functions(path):
    """(name, [(address, text, symbol that it refers to)]) of an object or archive."""
    lines = subprocess.run(["objdump", "-dr", "--no-show-raw-insn", "-w", path], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    name, body = None, []
    for line in lines:
        if match := FUNCTION.match(line):
            if name:
                yield name, body
            name, body = match[1], []
        elif match := INSTRUCTION.match(line):
            text = match[2]
            symbol = re.search(r"\tR_X86_64_\w+\s+(\S+)", text) or re.search(r"R_X86_64_\w+\s+(\S+)", text)
            body.append((int(match[1], 16), text.split("\t")[0].strip(), symbol[1] if symbol else ""))
        elif (match := RELOCATION.match(line)) and body:
            address, text, _ = body[-1]
            body[-1] = (address, text, match[1])
    if name:
        yield name, body


def successors(body, place, depth, index):
    """Where control goes from the instruction at `place`, with how many guards alive."""
    _, text, symbol = body[place]
    operation = text.split()[0]
    if operation in ("notrack", "bnd"):
        operation = text.split()[1]
    if operation.startswith("call"):
        if ENDS_HERE.search(symbol):
            return
        depth += 1 if GUARD_MADE.match(symbol) else -1 if GUARD_ENDS.match(symbol) else 0
    if operation.startswith("j"):
        target = re.match(r"\S+(?:,p[nt])?\s+([0-9a-f]+)\b", text)
        if target and not symbol and int(target[1], 16) in index:
            yield index[int(target[1], 16)], depth
        if operation.startswith("jmp"):
            return
    if operation.startswith(("ret", "ud2", "hlt")):
        return
    if place + 1 < len(body):
        yield place + 1, depth


def misplaced(name, body):
    """Instructions of one function that round where no guard is alive."""
    if not any(GUARD_MADE.match(symbol) for _, _, symbol in body):
        return None
    index = {address: place for place, (address, _, _) in enumerate(body)}
    seen, todo, found = set(), [(0, 0)], set()
    while todo:
        place, depth = todo.pop()
        if (place, depth) in seen:
            continue
        seen.add((place, depth))
        if depth < 1 and ROUNDS.match(body[place][1]):
            found.add(f"{name} at {body[place][0]:x}: {body[place][1]}")
        todo.extend(successors(body, place, depth, index))
    return found


def look_through(path):
    by_function = {name: misplaced(name, body) for name, body in functions(path)}
    return {name: found for name, found in by_function.items() if found is not None}


class Barrier(unittest.TestCase):
    def test_the_sample_is_seen_through(self):
        found = look_through(SAMPLE)
        self.assertEqual(len(found), 4, list(found))
        for name, instructions in found.items():
            (self.assertFalse if "inside" in name else self.assertTrue)(instructions, name)

    def test_arithmetic_stays_where_its_guard_is_alive(self):
        found = {name: lines for path in LIBRARIES for name, lines in look_through(path).items()}
        self.assertGreater(len(found), 10)  # functions that make a guard
        bad = [line for lines in found.values() for line in sorted(lines)]
        self.assertEqual(bad, [], "\n".join(bad))
        print(f"{len(found)} functions make a rounding guard", file=sys.stderr)


if __name__ == "__main__":
    if platform.machine() != "x86_64" or not shutil.which("objdump"):
        print("skipped: needs objdump on x86-64")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
