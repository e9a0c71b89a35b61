#!/usr/bin/python3
"""Writes the manual page from what the program says of itself. Usage: man.py MAXCERT PAGE"""
import re
import subprocess
import sys


def said(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout.rstrip()


def escape(text):
    """roff: no line may start with a control character."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"(?m)^([.'])", r"\\&\1", text)


def as_is(text):
    return f".nf\n{escape(text)}\n.fi\n"


def main():
    program, page = sys.argv[1:]
    overview = said(program, "help")
    commands = re.findall(r"(?m)^  (\w+) ", overview)
    if "certify" not in commands:
        raise SystemExit(f"{program} help lists no commands:\n{overview}")
    (version,) = re.findall(r"^maxcert (\S+)", said(program, "version"))
    text = f'.TH MAXCERT 1 "" "maxcert {version}" "User Commands"\n'
    text += ".SH NAME\nmaxcert \\- trains Max\\-of\\-K transformers and proves lower bounds on their accuracy\n"
    text += ".SH SYNOPSIS\n.B maxcert\n.I COMMAND\n[options]\n"
    text += ".SH DESCRIPTION\n" + as_is(overview)
    for command in commands:
        text += f".SH MAXCERT {command.upper()}\n" + as_is(said(program, "help", command))
    text += ('.SH "EXIT STATUS"\n' + as_is("0    done\n2    usage\n3    unreadable or invalid input\n"
             "4    certificate rejected\n5    anything else failed\n130, 143  ended by SIGINT, SIGTERM"))
    with open(page, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
