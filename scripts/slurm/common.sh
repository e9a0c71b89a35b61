# shellcheck shell=bash disable=SC2034
# Sourced by the scripts here. Sets `maxcert`, an array: the program beside these sources, or the installed one, or the words
# of MAXCERT, such as 'apptainer exec maxcert.sif maxcert'; and `prove`: scripts/prove, or the words of PROVE.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -n "${MAXCERT:-}" ]; then
  eval "maxcert=($MAXCERT)" # the words as a shell reads them, so that a path may hold blanks
else
  maxcert=("$(readlink -m "$here/../../build/maxcert")")
  [ -x "${maxcert[0]}" ] || maxcert=("$(readlink -m "$here/../../../../bin/maxcert")")
fi
command -v "${maxcert[0]}" >/dev/null ||
  { echo "maxcert is not built (scripts/run builds it), nor is it installed; MAXCERT may say how to call it" >&2; exit 5; }
if [ -n "${PROVE:-}" ]; then eval "prove=($PROVE)"; else prove=("$here/../prove"); fi
