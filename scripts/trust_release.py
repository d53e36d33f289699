"""Note the digest of models/joio-pt in the list of digests that ships inside the package."""

import json
from pathlib import Path

root = Path(__file__).resolve().parents[1]
manifest = json.loads((root / "models/joio-pt/manifest.json").read_text(encoding="utf-8"))
trusted = {manifest["sha256"]: f"{manifest['name']} {manifest['joio']}"}
(root / "src/joio/trusted.json").write_text(json.dumps(trusted, indent=1) + "\n", encoding="utf-8")
