"""``python -m core_harness`` is ``core-harness``."""

from core_harness.cli import main

if __name__ == "__main__":
    main()
