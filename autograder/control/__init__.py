"""The trusted side of a run. Importing this package imports no Airflow; its processes do."""

from autograder.control.job import Done, Job
from autograder.control.parent import LayerRefused
from autograder.control.pool import Pool

__all__ = ["Done", "Job", "LayerRefused", "Pool"]
