"""`python -m dev run | demo | faults | reset | token | migrate | revision | test`: what the Makefile calls."""

import argparse
import asyncio
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from dev.run_folder import ROOT, RunFolder
from dev.topology import DEFAULT_BASE_PORT, SERVICES, Ports


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m dev", description=__doc__)
    base_port = int(os.environ.get("BASE_PORT", DEFAULT_BASE_PORT))
    parser.add_argument("--base-port", type=int, default=base_port, help="8000 puts auth on 8001, and so on")
    run_folder = Path(os.environ.get("RUN_FOLDER", ROOT / ".run"))
    parser.add_argument("--run-folder", type=Path, default=run_folder, help="where data, logs and secrets are kept")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start the platform and keep it up until Ctrl-C").set_defaults(do=_run)
    commands.add_parser("demo", help="drive the main journey").set_defaults(do=_demo)
    faults = commands.add_parser("faults", help="kill processes of the running platform while journeys go on")
    faults.add_argument("--rounds", type=int, default=20, help="journeys, one kill in each")
    faults.add_argument("--seed", type=int, help="repeat an earlier run's choices")
    faults.add_argument("--victims", nargs="*", default=(), help="names in pids.json; all when absent")
    faults.set_defaults(do=_faults)
    commands.add_parser("reset", help="delete the data of the run").set_defaults(do=_reset)
    token = commands.add_parser("token", help="print an access token of a demo login", epilog="Example: token citizen")
    token.add_argument("login", help="citizen, administrator, representative, head.cnap, head.agency or operator")
    token.set_defaults(do=_token)
    revision = commands.add_parser("revision", help="write a new migration")
    revision.add_argument("service")
    revision.add_argument("name")
    revision.set_defaults(do=_revision)
    commands.add_parser("migrate", help="bring the databases of the run up to date").set_defaults(do=_migrate)
    tests = commands.add_parser("test", help="lint, types, imports, and every test")
    tests.add_argument("--only-checks", action="store_true", help="lint, types and imports only")
    tests.set_defaults(do=_test)
    options = parser.parse_args()
    sys.exit(options.do(options, RunFolder(options.run_folder.absolute()), Ports(options.base_port)) or 0)


def _run(_options: argparse.Namespace, folder: RunFolder, ports: Ports) -> int:
    return asyncio.run(_keep_running(folder, ports))


async def _keep_running(folder: RunFolder, ports: Ports) -> int:
    from dev.client import StepFailed
    from dev.kafka import KafkaFailed
    from dev.platform import Platform
    from dev.postgres import PostgresFailed
    from dev.supervisor import StartFailed

    console = Console(highlight=False)
    started = time.monotonic()

    def say(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:5.1f} s[/] {escape(line)}")

    platform = Platform(folder, ports, say)

    async def start_and_watch() -> None:
        await platform.start()
        watching, filling = asyncio.create_task(platform.watch()), asyncio.create_task(platform.fill())
        try:
            await asyncio.wait((watching, filling), return_when=asyncio.FIRST_COMPLETED)
            await (watching if watching.done() else filling)
            _welcome(console, folder, ports, time.monotonic() - started)
            await watching
        finally:
            watching.cancel()
            filling.cancel()

    work = asyncio.create_task(start_and_watch())
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        return 0
    except (StartFailed, StepFailed, PostgresFailed, KafkaFailed) as error:
        console.print(f"[bold red]The platform is not up.[/] {escape(str(error))}")
        return 1
    finally:
        console.print("Stopping …")
        await platform.stop()
        console.print("Stopped. The data is kept; make reset deletes it.")
    return 0


def _welcome(console: Console, folder: RunFolder, ports: Ports, seconds: float) -> None:
    from dev import demo_logins

    addresses = {service.name: f"{ports.url(service.name)}/docs" for service in SERVICES}
    addresses |= {"sign-in pages": f"{ports.url('auth')}/login"}
    addresses |= {"sent messages": f"{ports.url('messages')}/", "simulated registers": f"{ports.url('registers')}/"}
    lines = [f"\n[bold green]The platform is up[/] after {seconds:.0f} s.", "\n[bold]Addresses[/]"]
    lines += [f"  {name:20s} {address}" for name, address in addresses.items()]
    lines += ["\n[bold]Demo logins[/]"]
    for name, login in demo_logins.read(folder).items():
        held = f"{login['role']} of {login['organisation']}" if "organisation" in login else login["role"]
        lines += [f"  {name:15s} {held}", f"  {'':15s} login {login['login']}  password {login['password']}"]
    lines += [
        "\n[bold]Next[/]",
        "  1. make demo                        the main journey, told step by step (in another terminal)",
        "  2. make token LOGIN=administrator   an access token for curl; officers' second factor is done for you",
        f"  3. open {ports.url('messages')}/      every SMS and e-mail that was sent",
        "\nCtrl-C stops everything and keeps the data.",
    ]
    console.print("\n".join(lines), soft_wrap=True)


def _demo(_options: argparse.Namespace, folder: RunFolder, ports: Ports) -> int:
    from dev.demo import run_demo

    return asyncio.run(run_demo(folder, ports))


def _faults(options: argparse.Namespace, folder: RunFolder, ports: Ports) -> int:
    from dev.kills import run_faults

    return asyncio.run(run_faults(folder, ports, options.rounds, options.seed, options.victims))


def _token(options: argparse.Namespace, folder: RunFolder, ports: Ports) -> int:
    from dev import demo_logins
    from dev.client import PlatformClient, StepFailed

    async def get() -> str:
        client = PlatformClient(ports)
        try:
            return await demo_logins.sign_in(client, folder, demo_logins.read(folder)[options.login])
        finally:
            await client.close()

    try:
        print(asyncio.run(get()))
    except KeyError:
        print(f"There is no demo login {options.login}. Is the platform running?", file=sys.stderr)
        return 2
    except StepFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _reset(_options: argparse.Namespace, folder: RunFolder, ports: Ports) -> int:
    from dev.ports import is_taken

    if any(is_taken(port) for port in ports.all()):
        print("The platform is running; stop it first (Ctrl-C).", file=sys.stderr)
        return 1
    shutil.rmtree(folder.path, ignore_errors=True)
    print(f"{folder.path.name} is empty; the next make run begins anew.")
    return 0


def _revision(options: argparse.Namespace, _folder: RunFolder, _ports: Ports) -> None:
    from dev.revision import write_revision

    print(write_revision(options.service, options.name).relative_to(ROOT))


def _migrate(_options: argparse.Namespace, folder: RunFolder, ports: Ports) -> None:
    from dev.platform import Platform

    Platform(folder, ports, print).migrate()


def _test(options: argparse.Namespace, _folder: RunFolder, _ports: Ports) -> int:
    from dev.testing import run_tests

    return run_tests(only_checks=options.only_checks)


if __name__ == "__main__":
    main()
