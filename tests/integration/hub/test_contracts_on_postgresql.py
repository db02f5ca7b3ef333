"""Every test of contracts B, C and D once more, on PostgreSQL: the two databases differ where it hurts."""

from unit.hub.api.test_callbacks import *  # noqa: F403
from unit.hub.api.test_login import *  # noqa: F403
from unit.hub.api.test_organization import *  # noqa: F403
from unit.hub.api.test_qr import *  # noqa: F403
from unit.hub.api.test_records import *  # noqa: F403
from unit.hub.api.test_sessions import *  # noqa: F403
from unit.hub.crm.test_filters import *  # noqa: F403
