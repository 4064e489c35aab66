"""The platform under attack: every service over real HTTP, tokens of the real auth, and what its databases hold."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import asyncpg
import pytest
import pytest_asyncio

from dev.ports import free_ports
from dev.run_folder import RunFolder
from dev.topology import SERVICES
from tests.support.databases import ServiceDatabases
from tests.support.eventually import eventually
from tests.support.forgeries import Forge
from tests.support.platform import RunningPlatform, platform_in_process

# leases and heartbeats move while nothing happens; they hold nothing of a caller
_TOTAL = (
    "SELECT count(*)::text || ' ' || coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM {} t"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    service_databases: ServiceDatabases, kafka_servers: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningPlatform]:
    folder = RunFolder(tmp_path_factory.mktemp("platform"))
    async with platform_in_process(service_databases, kafka_servers, folder, free_ports()) as running:
        yield running


@pytest.fixture
def what_is_written(service_databases: ServiceDatabases) -> Callable[[], Awaitable[dict[str, str]]]:
    """Return, once nothing moves any more, a digest of every table of every service."""
    server = service_databases.server

    async def digests() -> dict[str, str]:
        found = {}
        for service in SERVICES:
            connection = await asyncpg.connect(server.url(service.database, server.superuser, server.password))
            try:
                for (name,) in await connection.fetch(
                    "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
                ):
                    found[f"{service.name}.{name}"] = await connection.fetchval(_TOTAL.format(name))
            finally:
                await connection.close()
        return found

    async def at_rest() -> dict[str, str]:
        last: list[dict[str, str]] = [{}]

        async def stands_still() -> bool:
            before, last[0] = last[0], await digests()
            return before == last[0]

        await eventually(stands_still, timeout=60)
        return last[0]

    return at_rest


@pytest.fixture
def forge_for(platform: RunningPlatform) -> Callable[[str], Awaitable[Forge]]:
    """Give who forges tokens for one service, with the true key of the issuer at hand."""

    async def make(audience: str) -> Forge:
        signer, jwk = await platform.signing_key()
        issuer = platform.settings["auth"].auth_issuer
        return Forge(signer, jwk, issuer, audience, int(datetime.now(UTC).timestamp()))

    return make
