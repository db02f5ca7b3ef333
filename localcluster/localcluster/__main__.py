"""`python -m localcluster`, for a checkout that is on the path but not installed."""

import sys

from localcluster.cli import main

if __name__ == "__main__":
    sys.exit(main())
