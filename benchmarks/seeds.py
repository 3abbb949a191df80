"""Run the notebooks with five seeds and show how far each claim's value moves, so that its bound can be set with room.

`python benchmarks/seeds.py [NN ...]`; writes `benchmarks/results/seeds.json` (profile `quick`).
"""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from course import run  # noqa: E402
from helpers import claims, notebooks  # noqa: E402

SEEDS = range(5)
out = ROOT / "benchmarks" / "results" / "seeds.json"
paths = notebooks.choose(sys.argv[1:])
table = json.loads(out.read_text()) if out.exists() else {}
table.update({path.stem: {} for path in paths})
for seed in SEEDS:
    folder = ROOT / "build" / f"seed-{seed}"
    given = {path.stem: run.check_parameters(path, {"SEED": str(seed)}) for path in paths}
    for outcome in run.run(paths, folder, given, jobs=os.cpu_count()):
        print(f"seed {seed}  {outcome.name}: {outcome.state} {outcome.error}", flush=True)
    for name, entry in claims.read_results(folder / "results.json").items():
        for claim in entry.get("claims", []) if name in given else []:
            row = {"bound": f"{claim['relation']} {claims.show(claim['bound'])}", "values": []}
            table[name].setdefault(claim["text"], row)["values"].append(claim["value"])
for name, rows in table.items():
    for text, row in rows.items():
        print(f"{name}  {text}: {', '.join(map(claims.show, row['values']))}  (claimed {row['bound']})")
out.write_text(json.dumps(table, indent=1) + "\n")
