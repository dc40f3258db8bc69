"""All benchmarks in one run: rates of every stage, and pyhf's for the same limits.

What they print is kept in ``docs/tables/bench.md`` (``--out`` names another file).
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = (
    "bench_generator.py",
    "bench_events.py",
    "bench_workspaces.py",
    "bench_limits.py",
    "bench_pseudo_experiments.py",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "tables" / "bench.md")
    parser.add_argument("--config", default="analysis.yaml", help="of a finished run")
    chosen = parser.parse_args()
    printed = []
    for script in SCRIPTS:
        print(f"== {script}", flush=True)
        command = [sys.executable, str(HERE / script)]
        if script == "bench_pseudo_experiments.py":
            command += ["--config", chosen.config]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent) as run:
            for line in run.stdout:
                print(line, end="", flush=True)
                printed.append(line.rstrip())
        if run.returncode:
            sys.exit(f"{script} failed")
    chosen.out.write_text("```text\n" + "\n".join(printed) + "\n```\n", encoding="utf-8")


if __name__ == "__main__":
    main()
