"""`python -m localcluster`, for a checkout that is on the path but not installed."""

import sys

from localcluster.cli import main

sys.exit(main())
