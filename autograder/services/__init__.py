"""Stand-ins for what callbacks talk to: mail, Slack, StatsD, a monitoring endpoint, leases. On loopback only.

They belong to the trusted side, record deliveries and decide nothing. A delivery belongs to the child whose
own address it came to, never to whom its text seems to come from.
"""

from autograder.services.address import Address
from autograder.services.ledger import Collected, Ledger
from autograder.services.standins import StandIns

__all__ = ["Address", "Collected", "Ledger", "StandIns"]
