"""The processes of applications.

`python -m applications serve | relay | consume | migrate | dead-letters | rebuild-projections`.
"""

from pathlib import Path

from applications.settings import NAME, ApplicationsSettings
from applications.storage import tables
from shared.process import ServiceProcess, main

SERVICE = ServiceProcess(
    name=NAME,
    folder=Path(__file__).parents[2],
    settings=ApplicationsSettings,
    app="applications.app:create_app",
    outbox=tables.outbox,
    listening="applications.consumers.listening:listen",
    projections="applications.consumers.listening:PROJECTIONS",
)

if __name__ == "__main__":
    main(SERVICE)
