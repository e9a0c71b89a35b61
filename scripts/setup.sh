# Sourced by the other scripts: what it takes to install what is missing with apt, and to build.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# What building and running needs; OpenBLAS makes training four times faster than the reference BLAS.
packages=(g++ cmake ninja-build pkg-config git libtorch-dev libopenblas-dev libmpfr-dev libgmp-dev libeigen3-dev
          libboost-program-options-dev nlohmann-json3-dev libfmt-dev libssl-dev libzstd-dev
          libgtest-dev libgmock-dev libbenchmark-dev
          python3 python3-numpy python3-scipy python3-matplotlib python3-pandas python3-zstandard)
# What theorems are checked with (scripts/prove).
coq_packages=(coq libcoq-bignums libcoq-flocq)

# install_packages PACKAGE...: installs those that are missing, as root or through sudo.
install_packages() {
  local missing=() sudo=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing: ${missing[*]}" >&2
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "install these as root first: ${missing[*]}" >&2; exit 1; }
    sudo=(sudo)
  fi
  "${sudo[@]}" apt-get update -q >&2
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
}

# try_packages PACKAGE...: the same for what some tests want, which are skipped without; goes on where it cannot.
try_packages() {
  (install_packages "$@") || echo "going on without ${*}: some tests will be skipped" >&2
}

# build [TARGET...]: configures once and builds the targets (all without any).
build() {
  [ -f build/build.ninja ] || cmake --preset release >&2
  cmake --build build -j "$(nproc)" ${1:+--target "$@"} >&2
}

install_packages "${packages[@]}"
