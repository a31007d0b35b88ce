"""Resources for the exercises' DAGs: take one with ``connect``, give it back with ``close`` or at the end of ``with``.

    lease = coursekit.connect("database")
    try:
        ...
    finally:
        lease.close()

What a process still has, ``open_leases()`` tells, so that a callback can give it back. While the grader watches,
taking and giving back are seen from outside; elsewhere a lease lives in memory only, and the DAG runs all the same.
"""

from coursekit.leases import Lease, LeaseError, LeaseRefused, connect, open_leases

__all__ = ["Lease", "LeaseError", "LeaseRefused", "connect", "open_leases"]
