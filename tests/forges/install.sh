#!/usr/bin/env bash
# Puts the forges' published descriptions, and what serves them, where tests/forges looks for them: target/forges. Needs npm; takes half a
# minute once.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=target/forges
[ -e "$folder/installed-1" ] && exit 0
mkdir -p "$folder"
npm install --prefix "$folder" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
  @octokit/openapi@23.0.2 @octokit/webhooks-examples@7.6.1 @stoplight/prism-cli@5.14.2
touch "$folder/installed-1"
