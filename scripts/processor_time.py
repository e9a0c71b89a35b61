"""Runs a command and measures the processor time that it takes, its children's included."""
import os
import subprocess


def call(*command, **options):
    """Exit code, what it printed, and processor seconds. Options are those of subprocess.Popen."""
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True, **options) as process:
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, printed, usage.ru_utime + usage.ru_stime
