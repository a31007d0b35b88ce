"""Resources for the exercises' DAGs: taken with ``connect``, given back with ``close`` or as ``with`` ends.

    lease = coursekit.connect("database")
    try:
        ...
    finally:
        lease.close()

``open_leases()`` tells what this process still has, so that a callback can give it back. While the grader
watches, taking and giving back are seen from outside; elsewhere leases live in memory, and the DAG
runs all the same.
"""

from coursekit.leases import Lease, LeaseError, LeaseRefused, connect, open_leases

__all__ = ["Lease", "LeaseError", "LeaseRefused", "connect", "open_leases"]
