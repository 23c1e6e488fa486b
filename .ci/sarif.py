#!/usr/bin/env python3
"""Are the SARIF logs under testdata/reports valid by the schema of SARIF 2.1.0?

usage: sarif.py FILE.sarif...

The schema is the one that the crate serde-sarif was made from, found through `cargo metadata`; it is not part of this repository.
"""
import json, pathlib, subprocess, sys

import jsonschema

metadata = json.loads(subprocess.run(["cargo", "metadata", "--locked", "--format-version", "1"], check=True, capture_output=True).stdout)
crate = next(package for package in metadata["packages"] if package["name"] == "serde-sarif")
schema = json.loads((pathlib.Path(crate["manifest_path"]).parent / "src" / "schema.json").read_text())
validator = jsonschema.validators.validator_for(schema)(schema)
problems = 0
for name in sys.argv[1:]:
    for error in validator.iter_errors(json.loads(pathlib.Path(name).read_text())):
        problems += 1
        print(f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
print(f"SARIF 2.1.0: {len(sys.argv) - 1} logs, {problems} problems")
sys.exit(1 if problems or len(sys.argv) < 2 else 0)
