#!/usr/bin/env bash
# Builds Helm 3.17.3 with many.go beside its main package: usage: build_many.sh TARGET. Needs Go and the module proxy.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=$(realpath -m "$1")
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
# The Go that the released Helm was built with: text/template's words differ from release to release.
export GOTOOLCHAIN=go1.23.7 CGO_ENABLED=0
source=$(go mod download -json helm.sh/helm/v3@v3.17.3 | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
cp -r "$source" "$folder/helm"
chmod -R u+w "$folder/helm"
cp "$here/many.go" "$folder/helm/cmd/helm/zz_many.go"
version=helm.sh/helm/v3/internal/version
chartutil=helm.sh/helm/v3/pkg/chartutil
flags="-w -s -X $version.version=v3.17.3 -X $version.gitCommit=e4da49785aa6e6ee2b86efd5dd9e43400318262b -X $version.gitTreeState=clean"
flags="$flags -X $chartutil.k8sVersionMajor=1 -X $chartutil.k8sVersionMinor=32"
cd "$folder/helm"
go build -trimpath -ldflags "$flags" -o "$target" ./cmd/helm
