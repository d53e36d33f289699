"""Stand-off labels: what is kept of public paragraphs, and how their texts come back."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from joio import download, standoff
from joio.errors import CorpusError, InputError, OutputError
from joio.labels import LABELS
from joio.splitter import OPTIONS, sha1_of
from joio.standoff import KEYS, FetchSummary, Missing, fetch, write_standoff

DATA = Path(__file__).resolve().parents[1] / "data" / "public"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

ARTICLE = """---
title: A horta
---

A horta tem doze canteiros.

## Opinião da vizinha

Acho que ficou linda.

- Venha visitar!
"""


def unit(id: str, text: str, *, source: str = "ana/horta", path: str = "posts/a.md", index: int = 0) -> dict[str, Any]:
    """A line of labelled data with its text, as it looks before it is made stand-off."""
    return {
        "id": id,
        "source": source,
        "commit": COMMIT,
        "path": path,
        "index": index,
        "sha1": sha1_of(text),
        "genre": "blog",
        "machine": "no",
        "picked": "order",
        "reread": "no",
        "title": "Um título",
        "section": None,
        "kind": "paragraph",
        "position": index,
        "of": 9,
        "previous": None,
        "next": "O vizinho.",
        "text": text,
        "label": "factual",
        "votes": ["factual", "skip"],
        "second": [None, "opinion"],
        "hard": True,
    }


def write_lines(file: Path, lines: list[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return file


def read_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def labels_of(folder: Path, units: list[dict[str, Any]]) -> Path:
    labels = folder / "labels.jsonl"
    write_standoff(write_lines(folder / "real.jsonl", units), labels)
    return labels


class Server:
    """Serves documents we wrote, under /owner/name/commit/path; a list of answers is given one at a time."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | list[int | bytes]] = {}
        self.asked: Counter[str] = Counter()
        self.agents: set[str] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked[self.path] += 1
                outer.agents.add(self.headers["User-Agent"])
                answer = outer.answers.get(self.path, 404)
                if isinstance(answer, list):
                    answer = answer.pop(0)
                status, body = (200, answer) if isinstance(answer, bytes) else (answer, b"")
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def put(self, source: str, path: str, *answers: int | bytes) -> str:
        where = f"/{source}/{COMMIT}/{path}"
        self.answers[where] = list(answers) if len(answers) > 1 or isinstance(answers[0], int) else answers[0]
        return where


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.http.shutdown()
    server.http.server_close()
    thread.join()


# What is kept


def test_a_label_is_kept_without_its_text_or_anything_else_of_the_document(tmp_path: Path) -> None:
    units = [
        unit("3", "Terceiro.", source="zeca/site"),
        unit("2", "Segundo.", index=10),
        unit("1", "Ação primeira.", index=9),
    ]
    labels = labels_of(tmp_path, units)
    first, *others = read_lines(labels)
    assert first == {
        "id": "1",
        "repository": "ana/horta",
        "commit": COMMIT,
        "path": "posts/a.md",
        "index": 9,
        "sha1": sha1_of("Ação primeira."),
        "label": "factual",
        "votes": ["factual", "skip"],
        "second": [None, "opinion"],
        "genre": "blog",
        "machine": "no",
        "picked": "order",
        "reread": "no",
    }
    assert [line["id"] for line in others] == ["2", "3"], "sorted by repository, path and index, index as a number"
    assert tuple(first) == KEYS


def test_a_text_that_is_not_the_labelled_one_makes_no_stand_off_label(tmp_path: Path) -> None:
    tampered = {**unit("1", "Primeiro."), "text": "Primeira."}
    with pytest.raises(CorpusError, match=r"real\.jsonl:1: field 'text'"):
        labels_of(tmp_path, [tampered])
    assert not (tmp_path / "labels.jsonl").exists()


def test_the_labels_of_this_repository_hold_no_text() -> None:
    lines = read_lines(DATA / "labels.jsonl")
    assert len(lines) > 16_000
    assert {tuple(line) for line in lines} == {KEYS}
    # Nothing that could hide a sentence: every value is a digest, a number, or out of a short list.
    assert len({line["id"] for line in lines}) == len({line["sha1"] for line in lines}) == len(lines)
    assert all(re.fullmatch(r"[a-z]\d+", line["id"]) for line in lines)
    assert all(re.fullmatch(r"[0-9a-f]{40} [0-9a-f]{40}", f"{line['commit']} {line['sha1']}") for line in lines)
    assert {line["label"] for line in lines} == set(LABELS)
    for key in ("genre", "machine", "picked", "reread"):
        assert all(len(value) < 20 for value in {line[key] for line in lines})
    places = [(line["repository"], line["path"], line["index"]) for line in lines]
    assert places == sorted(places)


def test_the_options_of_this_repository_are_known_to_the_splitter() -> None:
    options = json.loads((DATA / standoff.OPTIONS_FILE).read_text(encoding="utf-8"))
    repositories = {line["repository"] for line in read_lines(DATA / "labels.jsonl")}
    assert options and set(options) <= repositories
    assert all(set(chosen) <= OPTIONS for chosen in options.values())


# From the network


def test_texts_come_back_with_their_context_in_the_order_of_the_labels(tmp_path: Path, server: Server) -> None:
    asked = server.put("ana/horta", "posts/a.md", ARTICLE.encode())
    units = [unit("2", "Venha visitar!", index=2), unit("1", "Acho que ficou linda.", index=1)]
    labels, out = labels_of(tmp_path, units), tmp_path / "new" / "units.jsonl"
    steps: list[tuple[int, int]] = []

    summary = fetch(labels, out, base_url=server.url, progress=lambda done, total: steps.append((done, total)))

    assert summary == FetchSummary(found=2, gone=0, changed=0, unreachable=0, documents=1)
    assert summary.complete
    first, second = read_lines(out)
    assert first == {
        "id": "1",
        "article": "ana/horta/posts/a.md",
        "title": "A horta",
        "section": "Opinião da vizinha",
        "kind": "paragraph",
        "position": 1,
        "of": 3,
        "previous": "A horta tem doze canteiros.",
        "next": "Venha visitar!",
        "text": "Acho que ficou linda.",
        "label": "factual",
        "votes": ["factual", "skip"],
        "second": [None, "opinion"],
        "source": "ana/horta",
        "genre": "blog",
        "topic": None,
        "origin": "public",
        "sha1": sha1_of("Acho que ficou linda."),
    }
    assert (second["id"], second["kind"]) == ("2", "item")
    assert steps == [(1, 1)]
    assert server.asked == {asked: 1}, "one request a document, however many paragraphs it has"
    assert all("joio" in agent for agent in server.agents)


def test_says_of_each_missing_text_why_it_is_missing(tmp_path: Path, server: Server) -> None:
    server.put("ana/horta", "posts/a.md", ARTICLE.encode())
    server.put("rui/loja", "quebrado.md", 500)
    server.put("rui/loja", "proibido.md", 403)
    server.put("rui/loja", "lei.md", 451)
    units = [
        unit("1", "A horta tem doze canteiros."),
        unit("2", "A horta tem treze canteiros.", index=1),
        unit("3", "Sumiu.", source="rui/loja", path="nao-existe.md"),
        unit("4", "Tirado.", source="rui/loja", path="lei.md"),
        unit("5", "Quebrado.", source="rui/loja", path="quebrado.md"),
        unit("6", "Proibido.", source="rui/loja", path="proibido.md"),
    ]
    out = tmp_path / "units.jsonl"
    summary = fetch(labels_of(tmp_path, units), out, base_url=server.url, retries=0)
    assert (summary.found, summary.changed, summary.gone, summary.unreachable, summary.documents) == (1, 1, 2, 2, 5)
    assert not summary.complete
    assert [line["id"] for line in read_lines(out)] == ["1"]
    assert summary.missing_by_repository == {
        "ana/horta": (Missing("2", "ana/horta", "posts/a.md", "changed"),),
        "rui/loja": (
            Missing("4", "rui/loja", "lei.md", "gone"),
            Missing("3", "rui/loja", "nao-existe.md", "gone"),
            Missing("6", "rui/loja", "proibido.md", "unreachable"),
            Missing("5", "rui/loja", "quebrado.md", "unreachable"),
        ),
    }


def test_a_text_that_moved_inside_its_document_is_found_by_its_digest(tmp_path: Path, server: Server) -> None:
    server.put("ana/horta", "posts/a.md", ARTICLE.encode())
    units = [unit("1", "Acho que ficou linda.", index=0), unit("2", "Venha visitar!", index=50)]
    out = tmp_path / "units.jsonl"
    assert fetch(labels_of(tmp_path, units), out, base_url=server.url).complete
    assert [(line["id"], line["position"]) for line in read_lines(out)] == [("1", 1), ("2", 2)]


def test_of_two_equal_texts_the_one_at_the_index_is_meant(tmp_path: Path, server: Server) -> None:
    server.put("ana/horta", "posts/a.md", "Não.\n\nMeio.\n\nNão.\n".encode())
    out = tmp_path / "units.jsonl"
    fetch(labels_of(tmp_path, [unit("1", "Não.", index=2)]), out, base_url=server.url)
    (line,) = read_lines(out)
    assert (line["position"], line["previous"]) == (2, "Meio.")


def test_asks_again_when_the_server_is_busy(tmp_path: Path, server: Server) -> None:
    asked = server.put("ana/horta", "posts/a.md", 503, 503, ARTICLE.encode())
    labels = labels_of(tmp_path, [unit("1", "A horta tem doze canteiros.")])
    assert fetch(labels, tmp_path / "units.jsonl", base_url=server.url).complete
    assert server.asked[asked] == 3


def test_waits_as_long_as_the_server_asks_but_not_for_hours() -> None:
    from urllib3 import HTTPResponse

    with download._session(workers=1, retries=2) as session:
        patience = session.get_adapter("https://exemplo.pt").max_retries  # type: ignore[attr-defined]
        again = patience.increment("GET", "/", response=HTTPResponse(status=429))
        for retry in (patience, again):
            assert retry.get_retry_after(HTTPResponse(headers={"Retry-After": "7"})) == 7
            assert retry.get_retry_after(HTTPResponse(headers={"Retry-After": "86400"})) == 60
            assert retry.get_retry_after(HTTPResponse()) is None


def test_reads_old_pages_names_with_spaces_and_the_options_of_a_source(tmp_path: Path, server: Server) -> None:
    server.put("ana/horta", "p%C3%A1ginas/o%20a%C3%A7ude%20%231.htm", "<p>O açude está cheio.</p>".encode("latin-1"))
    server.put("rui/linhas", "a.txt", b"Uma linha.\nOutra linha.\n")
    (tmp_path / "splitter-options.json").write_text('{"rui/linhas": ["lines"]}', encoding="utf-8")
    units = [
        unit("1", "O açude está cheio.", path="páginas/o açude #1.htm"),
        unit("2", "Outra linha.", source="rui/linhas", path="a.txt", index=1),
    ]
    out = tmp_path / "units.jsonl"
    assert fetch(labels_of(tmp_path, units), out, base_url=server.url + "/").complete
    assert [line["text"] for line in read_lines(out)] == ["O açude está cheio.", "Outra linha."]


def test_a_document_far_too_large_is_not_read_to_its_end(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_LARGEST_DOCUMENT", 100)
    server.put("ana/horta", "posts/a.md", ARTICLE.encode())
    server.put("ana/horta", "b.md", b"x" * 101)
    units = [unit("1", "A horta tem doze canteiros."), unit("2", "x" * 101, path="b.md")]
    with pytest.raises(InputError, match="changed 2"):
        fetch(labels_of(tmp_path, units), tmp_path / "units.jsonl", base_url=server.url)
    monkeypatch.setattr(download, "_LARGEST_DOCUMENT", 101)
    summary = fetch(tmp_path / "labels.jsonl", tmp_path / "units.jsonl", base_url=server.url)
    assert (summary.found, [one.id for one in summary.missing]) == (1, ["1"])


def test_a_neighbour_with_half_a_surrogate_pair_does_not_cost_the_corpus(tmp_path: Path, server: Server) -> None:
    sentence = "Esta frase tem mais de quarenta caracteres, como convém."
    server.put("ana/horta", "a.js", f"x = '{sentence}'; y = '\\ud83d {sentence}'".encode())
    out = tmp_path / "units.jsonl"
    fetch(labels_of(tmp_path, [unit("1", sentence, path="a.js")]), out, base_url=server.url)
    assert read_lines(out)[0]["next"] == f"\ud83d {sentence}"


def test_without_a_network_it_says_to_use_a_copy_and_does_not_try_every_document(
    tmp_path: Path, server: Server
) -> None:
    units = [unit(str(n), f"Texto {n}.", path=f"{n}.md") for n in range(60)]
    for one in units:
        server.put("ana/horta", one["path"], 500)
    out = tmp_path / "units.jsonl"
    out.write_text("de antes", encoding="utf-8")
    with pytest.raises(InputError, match=r"not one of 60 texts .*unreachable 60.*--from FILE"):
        fetch(labels_of(tmp_path, units), out, base_url=server.url, retries=0, workers=2)
    assert server.asked.total() <= 16 + 2, "sixteen failures in a row, and what was under way"
    assert out.read_text(encoding="utf-8") == "de antes"


def test_an_interrupted_fetch_leaves_the_old_file_and_nothing_else(tmp_path: Path, server: Server) -> None:
    server.put("ana/horta", "posts/a.md", ARTICLE.encode())
    labels = labels_of(tmp_path, [unit("1", "A horta tem doze canteiros.")])
    out = tmp_path / "out" / "units.jsonl"
    out.parent.mkdir()
    out.write_text("de antes", encoding="utf-8")

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(labels, out, base_url=server.url, progress=interrupt)
    assert {file.name: file.read_text(encoding="utf-8") for file in out.parent.iterdir()} == {"units.jsonl": "de antes"}


def test_an_interruption_while_writing_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("ana/horta", "posts/a.md", ARTICLE.encode())
    labels = labels_of(tmp_path, [unit("1", "A horta tem doze canteiros."), unit("2", "Venha visitar!", index=2)])
    out = tmp_path / "out" / "units.jsonl"
    out.parent.mkdir()
    out.write_text("de antes", encoding="utf-8")
    lines = iter([{"id": "1"}])

    def interrupted(*_: object) -> dict[str, str]:
        for line in lines:
            return line
        raise KeyboardInterrupt

    monkeypatch.setattr(standoff, "_corpus_line", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(labels, out, base_url=server.url)
    assert {file.name: file.read_text(encoding="utf-8") for file in out.parent.iterdir()} == {"units.jsonl": "de antes"}


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    labels = labels_of(tmp_path, [unit("1", "Um.")])
    with pytest.raises(OutputError, match="cannot be written"):
        fetch(labels, labels / "units.jsonl", local=[tmp_path / "real.jsonl"])


# From a local copy


def test_a_local_copy_gives_the_texts_and_their_context(tmp_path: Path) -> None:
    units = [{**unit("1", "Um.", index=4), "section": "Seção", "kind": "item"}, unit("2", "Dois.", path="z.md")]
    labels, out = labels_of(tmp_path, units), tmp_path / "units.jsonl"
    summary = fetch(labels, out, local=[tmp_path / "real.jsonl"])
    assert summary == FetchSummary(found=2, gone=0, changed=0, unreachable=0, documents=2)
    first = read_lines(out)[0]
    context = {key: first[key] for key in ("title", "section", "kind", "position", "of", "previous", "next", "text")}
    assert context == {key: units[0][key] for key in context}

    again = tmp_path / "again.jsonl"
    assert fetch(labels, again, local=[out]).complete, "what was fetched once is a copy to fetch from"
    assert again.read_bytes() == out.read_bytes()


def test_texts_may_lie_in_several_local_copies(tmp_path: Path) -> None:
    labels = labels_of(tmp_path, [unit("1", "Um."), unit("2", "Dois.", path="z.md")])
    copies = [
        write_lines(tmp_path / f"{number}.jsonl", [{"text": text}]) for number, text in enumerate(("Um.", "Dois."))
    ]
    assert fetch(labels, tmp_path / "units.jsonl", local=copies[:1]).gone == 1
    assert fetch(labels, tmp_path / "units.jsonl", local=copies).complete


def test_a_local_copy_needs_no_more_than_texts(tmp_path: Path) -> None:
    labels, out = labels_of(tmp_path, [unit("1", "Um.", index=4)]), tmp_path / "units.jsonl"
    assert fetch(labels, out, local=[write_lines(tmp_path / "bare.jsonl", [{"text": "Um."}])]).complete
    (line,) = read_lines(out)
    assert (line["title"], line["kind"], line["position"], line["of"]) == (None, "paragraph", 4, None)


def test_a_tampered_text_is_not_believed_whatever_digest_it_states(tmp_path: Path) -> None:
    units = [unit("1", "Um."), unit("2", "Dois.", index=1), unit("3", "Três.", index=2)]
    labels, out = labels_of(tmp_path, units), tmp_path / "units.jsonl"
    copy = write_lines(tmp_path / "copy.jsonl", [{**units[1], "text": "Dois, mas outro."}, units[0]])
    summary = fetch(labels, out, local=[copy])
    assert [(one.id, one.reason) for one in summary.missing] == [("2", "changed"), ("3", "gone")]
    assert [line["text"] for line in read_lines(out)] == ["Um."]


def test_a_local_copy_with_none_of_the_texts_is_an_error(tmp_path: Path) -> None:
    labels = labels_of(tmp_path, [unit("1", "Um.")])
    with pytest.raises(InputError, match=r"other\.jsonl: not one of 1 texts"):
        fetch(labels, tmp_path / "u.jsonl", local=[write_lines(tmp_path / "other.jsonl", [{"text": "Outro."}])])
    with pytest.raises(InputError, match="there is no such file"):
        fetch(labels, tmp_path / "u.jsonl", local=[tmp_path / "absent.jsonl"])


@pytest.mark.parametrize(("field", "value"), [("text", None), ("title", 3), ("of", "nove"), ("of", True)])
def test_a_broken_local_copy_is_reported_by_file_line_and_field(tmp_path: Path, field: str, value: object) -> None:
    labels = labels_of(tmp_path, [unit("1", "Um.")])
    copy = write_lines(tmp_path / "copy.jsonl", [{"text": "Outro."}, {**unit("1", "Um."), field: value}])
    with pytest.raises(CorpusError, match=rf"copy\.jsonl:2: field '{field}'"):
        fetch(labels, tmp_path / "u.jsonl", local=[copy])


# Broken labels


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 7),
        ("repository", "só-um-nome"),
        ("repository", "a/../b"),
        ("commit", "main"),
        ("path", "../../outro/repo/x.md"),
        ("path", "/etc/nada"),
        ("index", -1),
        ("index", True),
        ("sha1", "ABC"),
        ("label", "skip"),
        ("votes", []),
        ("votes", ["talvez"]),
        ("second", [None]),
        ("second", None),
        ("genre", None),
        ("text", "Um."),
    ],
)
def test_broken_labels_are_reported_by_file_line_and_field(tmp_path: Path, field: str, value: object) -> None:
    labels = labels_of(tmp_path, [unit("1", "Um."), unit("2", "Dois.", index=1)])
    first, second = read_lines(labels)
    write_lines(labels, [first, {**second, field: value}])
    with pytest.raises(CorpusError, match=rf"labels\.jsonl:2: field '{field}'"):
        fetch(labels, tmp_path / "u.jsonl", local=[tmp_path / "real.jsonl"])


@pytest.mark.parametrize("field", KEYS)
def test_a_label_without_one_of_its_fields_is_reported(tmp_path: Path, field: str) -> None:
    labels = labels_of(tmp_path, [unit("1", "Um.")])
    (line,) = read_lines(labels)
    del line[field]
    write_lines(labels, [line])
    with pytest.raises(CorpusError, match=rf"labels\.jsonl:1: field '{field}': got nothing"):
        fetch(labels, tmp_path / "u.jsonl", local=[tmp_path / "real.jsonl"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "labels.jsonl: is empty"),
        (b"{\n", "labels.jsonl:1: got no JSON"),
        (b"[1]\n", "labels.jsonl:1: got list, expected one JSON object a line"),
        (b"\x89PNG\0", "labels.jsonl: is binary"),
    ],
)
def test_a_file_that_holds_no_labels_is_reported(tmp_path: Path, content: bytes, message: str) -> None:
    labels = tmp_path / "labels.jsonl"
    labels.write_bytes(content)
    with pytest.raises(InputError, match=re.escape(message)):
        fetch(labels, tmp_path / "u.jsonl")


def test_an_id_stands_for_one_paragraph(tmp_path: Path) -> None:
    labels = labels_of(tmp_path, [unit("1", "Um."), unit("1", "Dois.", index=1)])
    with pytest.raises(CorpusError, match=r"labels\.jsonl:2: field 'id'.*as in line 1"):
        fetch(labels, tmp_path / "u.jsonl", local=[tmp_path / "real.jsonl"])


@pytest.mark.parametrize("options", ["[", "[]", '{"ana/horta": "lines"}', '{"ana/horta": ["linhas"]}'])
def test_options_the_splitter_does_not_know_are_reported(tmp_path: Path, server: Server, options: str) -> None:
    (tmp_path / "splitter-options.json").write_text(options, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"splitter-options\.json"):
        fetch(labels_of(tmp_path, [unit("1", "Um.")]), tmp_path / "u.jsonl", base_url=server.url)
    assert not server.asked


def test_what_was_read_and_skipped_holds_no_text_either() -> None:
    rows = read_lines(DATA / "skipped.jsonl")
    assert rows and {tuple(row) for row in rows} == {KEYS}
    assert {row["label"] for row in rows} <= {"skip", "duplicate"}
    kept = {row["id"] for row in read_lines(DATA / "labels.jsonl")}
    assert len({row["id"] for row in rows} | kept) == len(rows) + len(kept), "a unit is either kept or not"
