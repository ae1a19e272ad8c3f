"""Train, export and check the model of names that ships in `needful_presidio/ner/weights`.

    python training/ner.py train --data DIR --out DIR      the network, from all-MiniLM-L6-v2 and the licensed sets
    python training/ner.py export --out DIR                ONNX files with 8-bit weights, into the package
    python training/ner.py figures --data DIR              measure the shipped weights and write the figures down
    python training/ner.py --check                         measure again, and fail where the figures are not reproduced

Training needs training/requirements.txt; checking only what the package itself needs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import where


def main() -> int:
    """Parse the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("command", choices=("train", "export", "figures"), nargs="?")
    parser.add_argument("--data", type=Path, default=where.data_folder(), help="the folder of the licensed sets")
    parser.add_argument("--out", type=Path, default=where.ROOT / "build" / "ner", help="where the trained network lies")
    parser.add_argument("--weights", type=Path, default=where.WEIGHTS, help="where the exported model lies")
    arguments = parser.parse_args()
    if arguments.command == "train":
        from fitting import train

        train(arguments.data, arguments.out)
    elif arguments.command == "export":
        from exporting import export

        export(arguments.out, arguments.weights)
    elif arguments.command == "figures":
        from checking import write

        write(arguments.data)
    elif arguments.check:
        from checking import check

        return check(arguments.data)
    else:
        parser.print_help()
    return 0


if __name__ == "__main__":
    sys.exit(main())
