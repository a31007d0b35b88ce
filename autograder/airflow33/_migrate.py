"""Run as a program: migrate a new metadata database, with the one bundle that every run uses."""

from __future__ import annotations

import sys

sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # a grammar built at import that nothing here needs


def main() -> None:
    from airflow import settings
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.utils.db import initdb

    initdb()
    DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    assert settings.Session is not None
    assert settings.engine is not None
    settings.Session.remove()
    settings.engine.dispose()  # the last connection to close folds SQLite's write-ahead log into the file


if __name__ == "__main__":
    main()
