#!/usr/bin/env bash
# Builds the wheel, installs it into an empty environment and runs it from an empty folder.
# PYTHON is an interpreter with the build tools of requirements.lock; the present one's pip brings the rest.
set -euo pipefail

root="$(cd "$(dirname "$0")/.." && pwd)"
python="$(command -v "${PYTHON:-python3}")"
case "$python" in /*) ;; *) python="$PWD/$python" ;; esac

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

"$python" -m build --wheel --no-isolation --outdir "$work/dist" "$root" >"$work/build.log" 2>&1 || {
  cat "$work/build.log" >&2
  exit 1
}
wheel="$(echo "$work"/dist/storywatch-*.whl)"
listing="$("$python" -m zipfile --list "$wheel")"
for part in news/templates/ storywatch/starter/storywatch.toml storywatch/starter/feeds.opml news/rules/ \
  news/store/migrations/ alerts/query/; do
  grep --quiet --fixed-strings "$part" <<<"$listing" || {
    echo "wheel.sh: the wheel lacks $part" >&2
    exit 1
  }
done

"$python" -m venv "$work/venv"
pip=("$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check)
"${pip[@]}" --require-hashes --requirement "$root/requirements.lock"
"${pip[@]}" --no-deps "$wheel"
"$work/venv/bin/python" -m pip check --disable-pip-version-check

mkdir "$work/empty"
cd "$work/empty"
unset PYTHONPATH STORYWATCH_CONFIG
storywatch="$work/venv/bin/storywatch"
"$storywatch" --version
"$storywatch" init
"$storywatch" check
answer="$(echo '{"id": 1, "url": "http://m.example.org/a?utm_source=x"}' | "$storywatch" try url)"
test "$answer" = '{"id": 1, "canonical": "https://example.org/a"}' || {
  echo "wheel.sh: try url answered $answer" >&2
  exit 1
}
echo "wheel.sh: $(basename "$wheel") works from an empty folder"
