#!/usr/bin/env bash
# Puts the forges' published descriptions, and what serves them, where tests/forges looks for them: target/forges. Needs npm; takes half a
# minute once.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=target/forges
[ -e "$folder/installed-2" ] && exit 0
mkdir -p "$folder"
npm install --prefix "$folder" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
  @octokit/openapi@23.0.2 @octokit/webhooks-examples@7.6.1 @stoplight/prism-cli@5.14.2 @gitbeaker/rest@43.8.0 \
  @coderabbitai/bitbucket@1.1.4 azure-devops-node-api@17.0.1 typescript@5.9.3
touch "$folder/installed-2"
