"""All benchmarks in one run: rates of every stage, and pyhf's for the same limits."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = ("bench_generator.py", "bench_events.py", "bench_workspaces.py", "bench_limits.py")


def main() -> None:
    for script in SCRIPTS:
        print(f"== {script}", flush=True)
        subprocess.run([sys.executable, str(HERE / script)], check=True, cwd=HERE.parent)


if __name__ == "__main__":
    main()
