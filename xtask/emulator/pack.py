"""Packs the functions of an ordinary build for an emulator on this machine: quicker than the packages that are deployed,
and the same code. Usage: pack.py FOLDER_OF_BINARIES FOLDER_OF_PACKAGES"""

import pathlib
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUNCTIONS = ["ingest", "status", "worker", "bury", "notifier"]


def main():
    binaries, packages = (pathlib.Path(argument) for argument in sys.argv[1:3])
    for function in FUNCTIONS:
        (packages / function).mkdir(parents=True, exist_ok=True)
        # Level 1: what is packed is unpacked a moment later.
        package = packages / function / "bootstrap.zip"
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(binaries / function, "bootstrap")
            for form in sorted((ROOT / "forms").iterdir()):
                archive.write(form, f"forms/{form.name}")


if __name__ == "__main__":
    main()
