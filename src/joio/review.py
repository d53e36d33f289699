"""MLflow's page on the runs made here: ``joio review``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

from joio.errors import InputError, JoioError
from joio.tracking import SETTINGS, URI, database_of, own_artifacts, own_uri


def review(port: int = 5000, host: str = "127.0.0.1", *, say: Callable[[str], None]) -> int:
    """Serve MLflow's page on the store until Ctrl-C, and return the exit code of the server, 0 after Ctrl-C.

    Parameters
    ----------
    port, host : where the page is served
    say : called once with the address, when the page answers (MLflow takes up to half a minute to get there)

    Raises
    ------
    JoioError
        Where there is no store yet.
    InputError
        Where the port cannot be used.
    """
    given = os.environ.get(URI)
    if given and given.startswith(("http://", "https://")):
        say(given)  # a server has a page of its own
        return 0
    uri = given or own_uri()
    database = database_of(uri)
    if database is not None and not database.is_file():
        raise JoioError("there are no runs yet", where=str(database), hint="run `joio train` first")
    _check_port(host, port)
    command = [sys.executable, "-m", "mlflow", "ui", "--workers", "1", "--host", host, "--port", str(port)]
    command += ["--backend-store-uri", uri, "--uvicorn-opts", "--log-level warning"]
    if not given:
        command += ["--default-artifact-root", own_artifacts().as_uri()]
    quiet = {
        "MLFLOW_LOGGING_LEVEL": "ERROR",
        "PYTHONWARNINGS": "ignore",
        # Its workers for jobs of language models, eight processes, double the time until the page answers.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    server = _start_deaf_to_ctrl_c(command, {**SETTINGS, **quiet, **os.environ})
    try:
        reachable = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
        while server.poll() is None and not _answers(f"http://{reachable}:{port}/health"):
            time.sleep(0.5)
        if server.poll() is None:
            say(f"http://{reachable}:{port}")
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(server)


def _check_port(host: str, port: int) -> None:
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            if os.name == "posix":  # elsewhere this option lets two programs share a port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        raise InputError(
            f"the port cannot be used ({getattr(error, 'strerror', None) or error})",
            where=f"{host}:{port}",
            hint="name another, such as --port 5001",
        ) from None


def _start_deaf_to_ctrl_c(command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a program that the terminal's Ctrl-C does not reach, so that only we stop it: in order, and in silence.

    It stays in our process group, so that it ends with the terminal.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if in_main_thread else None
    try:
        return subprocess.Popen(command, env=dict(environment), stdout=subprocess.DEVNULL)
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


def _answers(address: str) -> bool:
    try:
        # Without the proxies of the environment: the address is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End a server that still runs: MLflow passes the request on to its workers; what does not listen is killed."""
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
