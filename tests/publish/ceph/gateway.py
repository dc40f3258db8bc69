"""A real S3 server for tests: Ceph's gateway, one monitor and one store in memory, on loopback.

``python tests/publish/ceph/gateway.py`` installs what is missing with apt-get, starts it, prints
how to reach it, and runs it until Ctrl-C. Everything of it is in one temporary folder.
"""

import contextlib
import ctypes
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("radosgw", "ceph-mon", "ceph-osd", "ceph-common")
ACCESS_KEY = "AKIAFOURMUCEPHTEST"
SECRET_KEY = "ceph-secret-that-must-not-be-seen"
_PATIENCE_S = 120.0

_CONFIGURATION = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = {folder}/$name.keyring
log file = {folder}/$name.log
admin socket = {folder}/$name.asok
run dir = {folder}
crash dir = {folder}/crash
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 1
mon data avail warn = 1

[mon.a]
mon data = {folder}/mon

[osd.0]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 4294967296

[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{rgw} tcp_nodelay=1
rgw enable apis = s3
rgw dns name =
rgw enable usage log = false
"""


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """A running gateway."""

    endpoint_url: str
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY


def install():
    """Install Ceph if it is not there (Debian, as root)."""
    if all(shutil.which(name) for name in ("ceph-mon", "ceph-osd", "radosgw", "ceph")):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES),
    ):
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def running_gateway():
    """Start monitor, store and gateway; end them, and delete their folder, with the block."""
    install()
    # paths of sockets must be short
    with (
        tempfile.TemporaryDirectory(prefix="rgw", dir="/tmp") as name,
        contextlib.ExitStack() as daemons,
    ):
        folder = Path(name)
        v2, v1, rgw = _free_ports(3)
        fsid = str(uuid.uuid4())
        configuration = folder / "ceph.conf"
        configuration.write_text(
            _CONFIGURATION.format(fsid=fsid, folder=folder, v2=v2, v1=v1, rgw=rgw)
        )

        def run(command, **kwargs):
            program, *arguments = shlex.split(command)
            done = subprocess.run(
                [program, *arguments],
                check=False,
                capture_output=True,
                text=True,
                timeout=_PATIENCE_S,
                cwd=folder,
                env={**os.environ, "CEPH_CONF": str(configuration)},
                **kwargs,
            )
            if done.returncode:
                raise RuntimeError(f"{command}\n{done.stdout}{done.stderr}")
            return done.stdout

        def start(command):
            log = daemons.enter_context((folder / f"{command.split()[0]}.out").open("wb"))
            process = subprocess.Popen(
                [*shlex.split(command), "-f", "-c", str(configuration)],
                stdout=log,
                stderr=log,
                cwd=folder,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  before any thread
            )
            daemons.callback(_end, process)
            return process

        admin = "-n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'"
        address = f"[v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]"
        for command in (
            "ceph-authtool --create-keyring mon.keyring --gen-key -n mon. --cap mon 'allow *'",
            f"ceph-authtool --create-keyring client.admin.keyring --gen-key {admin}",
            "ceph-authtool mon.keyring --import-keyring client.admin.keyring",
            f"monmaptool --create --fsid {fsid} --addv a {address} monmap",
            "ceph-mon --mkfs -i a --monmap monmap --keyring mon.keyring -c ceph.conf",
        ):
            run(command)
        start("ceph-mon -i a")
        (folder / "osd").mkdir()
        osd = str(uuid.uuid4())
        run(f"ceph --connect-timeout 60 osd new {osd}")
        run("ceph auth get-or-create osd.0 mon 'allow profile osd' osd 'allow *' -o osd.0.keyring")
        run(f"ceph-osd -i 0 --mkfs --osd-uuid {osd} -c ceph.conf")
        start("ceph-osd -i 0")
        run(
            "ceph auth get-or-create client.rgw mon 'allow rw' osd 'allow rwx' "
            "-o client.rgw.keyring"
        )
        gateway = start("radosgw -n client.rgw")
        endpoint = f"http://127.0.0.1:{rgw}"
        _wait_for(endpoint, gateway, folder)
        run(
            "radosgw-admin user create --uid fourmu --display-name fourmu "
            f"--access-key {ACCESS_KEY} --secret-key {SECRET_KEY}"
        )
        yield Gateway(endpoint_url=endpoint)


def _free_ports(count):
    """Ports that nobody has now."""
    with contextlib.ExitStack() as sockets:
        found = []
        for _ in range(count):
            one = sockets.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            found.append(one.getsockname()[1])
        return found


def _wait_for(endpoint, process, folder):
    """Wait until the gateway answers."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(endpoint, timeout=5).close()
            return
        time.sleep(0.2)
    logs = "\n".join(path.read_text(errors="replace") for path in folder.glob("*.out"))
    raise RuntimeError(f"the gateway did not start\n{logs}")


def _die_with_parent():
    """Have the kernel end this process when the one that started it is gone."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _end(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main():
    """Run a gateway until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begun = time.monotonic()
    with running_gateway() as gateway, contextlib.suppress(KeyboardInterrupt):
        print(f"# ready after {time.monotonic() - begun:.1f} s; Ctrl-C ends it")
        print(f"export AWS_ENDPOINT_URL={gateway.endpoint_url}")
        print(f"export AWS_ACCESS_KEY_ID={gateway.access_key}")
        print(f"export AWS_SECRET_ACCESS_KEY={gateway.secret_key}", flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
