"""The platform that the journeys of one file share."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from dev.ports import free_ports
from dev.run_folder import RunFolder
from tests.support.databases import ServiceDatabases
from tests.support.platform import RunningPlatform, platform_in_process


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    service_databases: ServiceDatabases, kafka_servers: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningPlatform]:
    folder = RunFolder(tmp_path_factory.mktemp("platform"))
    async with platform_in_process(service_databases, kafka_servers, folder, free_ports()) as running:
        yield running
