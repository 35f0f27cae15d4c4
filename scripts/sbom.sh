#!/bin/sh
# Writes the bills of materials of what is shipped, in CycloneDX: marl-server.cdx.json and marl-browser.cdx.json.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
folder=${1:-.}
cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON \
  -o "$folder/marl-server.cdx.json" requirements.txt
npm sbom --sbom-format cyclonedx --sbom-type application --package-lock-only --omit dev >"$folder/marl-browser.cdx.json"
