"""When Tasks Fail: an autograder that runs DAGs under real Airflow and looks at what their callbacks did."""

__version__ = "0.1.0"
