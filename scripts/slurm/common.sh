# shellcheck shell=bash disable=SC2034
# Sourced by the scripts here: the program beside these sources, or the installed one. MAXCERT names another.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
maxcert=${MAXCERT:-$(readlink -m "$here/../../build/maxcert")}
[ -x "$maxcert" ] || maxcert=$(readlink -m "$here/../../../../bin/maxcert")
[ -x "$maxcert" ] ||
  { echo "maxcert is not built (scripts/run builds it), nor is it installed" >&2; exit 5; }
