"""``python -m joio`` is ``joio``."""

import sys

from joio.cli import main

if __name__ == "__main__":
    sys.exit(main())
