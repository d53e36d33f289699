"""Fetching many documents over HTTPS, politely: few at a time, with patience, and no longer than there is hope."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from contextlib import closing
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote

if TYPE_CHECKING:
    from requests import Session

Reason = Literal["gone", "changed", "unreachable"]
"""Why a document did not come: it is no longer there, it is not what it was, or it could not be asked for."""

Address = tuple[str, str, str]
"""Repository, commit and path of a document."""

_USER_AGENT: Final = "joio-corpus-fetch (one request a document; labelled paragraphs, checked by SHA-1)"
_LARGEST_DOCUMENT: Final = 10_000_000
# A server may ask for hours; a person who waits for a command will not.
_LONGEST_WAIT: Final = 60.0
# The server answers, and the document is not there: taken down (410), blocked by law (451), private or renamed (404).
_GONE_STATUS: Final = frozenset({404, 410, 451})
_TRY_AGAIN_STATUS: Final = frozenset({429, 500, 502, 503, 504})
# Without a network thousands of documents would each wait out their retries; this many failures in a row settle it.
_HOPELESS: Final = 16


def download(
    addresses: Iterable[Address], *, base_url: str, workers: int, retries: int, timeout: float
) -> Generator[tuple[Address, bytes | Reason], None, None]:
    """Ask for each document once and yield its bytes, or why there are none, in the order in which they come.

    Parameters
    ----------
    addresses : what to ask for
    base_url : a server that gives a file at ``/owner/name/commit/path``
    workers : documents asked for at a time
    retries : further tries after a failure or an answer that asks for patience, with growing waits
    timeout : seconds until a silent server is given up, at each try
    """
    from concurrent.futures import ThreadPoolExecutor, as_completed

    stopped = threading.Event()
    counting = threading.Lock()
    failures_in_a_row = 0

    with closing(_session(workers, retries)) as session:

        def ask(address: Address) -> bytes | Reason:
            nonlocal failures_in_a_row
            if stopped.is_set():
                return "unreachable"
            answer = _download(session, _url(base_url, address), timeout)
            with counting:
                failures_in_a_row = failures_in_a_row + 1 if answer == "unreachable" else 0
                if failures_in_a_row >= _HOPELESS:
                    stopped.set()
            return answer

        pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="joio-fetch")
        try:
            asked = {pool.submit(ask, address): address for address in addresses}
            for future in as_completed(asked):
                yield asked.pop(future), future.result()
        finally:
            # Reached on Ctrl-C as well: what is under way ends by itself, nothing new is asked for.
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)


def _session(workers: int, retries: int) -> Session:
    """A session that waits and tries again where a server asks for it, within reason."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import BaseHTTPResponse
    from urllib3.util.retry import Retry

    class Patience(Retry):
        def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
            seconds = super().get_retry_after(response)
            return None if seconds is None else min(seconds, _LONGEST_WAIT)

    patience = Patience(
        total=retries,
        backoff_factor=0.5,
        status_forcelist=_TRY_AGAIN_STATUS,
        allowed_methods={"GET"},
        raise_on_status=False,
    )
    session = requests.Session()
    session.headers["User-Agent"] = _USER_AGENT
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=patience, pool_maxsize=workers))
    return session


def _url(base_url: str, address: Address) -> str:
    repository, commit, path = address
    return f"{base_url.rstrip('/')}/{repository}/{commit}/{quote(path, errors='replace')}"


def _download(session: Session, url: str, timeout: float) -> bytes | Reason:
    """The bytes of one document, or why there are none."""
    import requests

    try:
        with session.get(url, stream=True, timeout=timeout) as response:
            if response.status_code in _GONE_STATUS:
                return "gone"
            if response.status_code != 200:
                return "unreachable"
            data = bytearray()
            for chunk in response.iter_content(chunk_size=1 << 16):
                data += chunk
                if len(data) > _LARGEST_DOCUMENT:
                    return "changed"  # nothing that was labelled is so large
            return bytes(data)
    except requests.RequestException:
        return "unreachable"
