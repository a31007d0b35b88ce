"""The untrusted side of a run: a warm parent that has imported Airflow, and its children, which run learners' code.

Nothing here may be believed by ``control``. Nothing here knows a check, a solution or another submission.
"""
