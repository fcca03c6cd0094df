"""The order of sources, and the download, against a server on this machine."""

import contextlib
import dataclasses
import errno
import gzip
import hashlib
import http.server
import threading

import pytest

from gan_course import data
from gan_course.data import Card, DataError, download, sources

BODY = bytes(range(256)) * 400
CARD = Card("toy", "Toy digits", "", "", "", layout="$GAN_TF_DATA/toy/", stand_in="toys drawn here")


class Server(http.server.BaseHTTPRequestHandler):
    """Serves BODY, or less of it, or an error; remembers what it was asked."""

    status, send, asked = 200, len(BODY), []

    def do_HEAD(self):
        self.send_response(self.status)
        self.end_headers()

    def do_GET(self):
        type(self).asked.append(self.path)
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[: self.send])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    handler = type("Handler", (Server,), {"asked": []})
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    handler.file = download.RemoteFile(
        "toy.bin", (f"http://127.0.0.1:{running.server_port}/toy.bin",), "sha256:" + hashlib.sha256(BODY).hexdigest()
    )
    yield handler
    running.shutdown()
    running.server_close()


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    for variable in ("GAN_TF_DATA", "GAN_TF_DATA_SOURCE"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(variable, "127.0.0.1")
    monkeypatch.setenv("GAN_TF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(download, "RETRIES", 0)
    monkeypatch.setattr(download, "_unreachable", {})
    monkeypatch.setattr(sources, "_announced", set())


@pytest.fixture
def offline(monkeypatch):
    """No network; counts how often somebody tried it."""
    tries = []

    def head(url):
        tries.append(url)
        raise OSError("no network")

    monkeypatch.setattr(download, "_head", head)
    return tries


def test_download_is_checked_and_kept(server, tmp_path):
    path = download.fetch(server.file, tmp_path / "new")
    assert path.read_bytes() == BODY and [entry.name for entry in path.parent.iterdir()] == ["toy.bin"]
    assert download.fetch(server.file, tmp_path / "new") == path and len(server.asked) == 1


def test_a_half_written_file_is_never_picked_up(server, tmp_path):
    (tmp_path / "toy.bin").write_bytes(BODY[:1000])
    assert download.fetch(server.file, tmp_path).read_bytes() == BODY


def test_an_interrupted_download_leaves_nothing_behind(server, tmp_path):
    server.send = 1000
    with pytest.raises(download.DownloadError, match=r"toy\.bin"):
        download.fetch(server.file, tmp_path)
    assert list(tmp_path.iterdir()) == []
    server.send = len(BODY)
    assert download.fetch(server.file, tmp_path).read_bytes() == BODY


def test_a_failed_try_is_repeated(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "RETRIES", 1)
    monkeypatch.setattr("time.sleep", lambda seconds: setattr(server, "status", 200))
    server.status = 503
    assert download.fetch(server.file, tmp_path).read_bytes() == BODY and len(server.asked) == 2


def test_a_wrong_checksum_and_a_server_error_are_told_apart(server, tmp_path):
    wrong = download.RemoteFile("toy.bin", server.file.urls, "sha256:" + "0" * 64)
    with pytest.raises(download.DownloadError, match="checksum differs"):
        download.fetch(wrong, tmp_path)
    server.status = 404
    with pytest.raises(download.DownloadError, match="404"):
        download.fetch(server.file, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_second_mirror_is_tried(server, tmp_path, monkeypatch):
    good = server.file.urls[0]
    monkeypatch.setattr(download, "_head", lambda url: None if url == good else 1 / 0)
    file = download.RemoteFile("toy.bin", ("http://mirror.invalid/toy.bin", good), server.file.checksum)
    assert download.fetch(file, tmp_path).read_bytes() == BODY


def test_a_full_disk_is_said_clearly_and_not_hidden(server, tmp_path, monkeypatch):
    import pooch

    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", full)
    with pytest.raises(download.DiskFullError, match=r"no space left for toy\.bin.*GAN_TF_CACHE"):
        sources.find(CARD, (server.file,), None)


def test_a_cache_that_cannot_be_written_falls_back(server, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("GAN_TF_CACHE", str(tmp_path / "file"))
    assert sources.find(CARD, (server.file,), None) == ("embedded", [])
    assert "cannot be written" in capsys.readouterr().out


def test_without_network_the_second_load_does_not_wait(offline, tmp_path):
    file = download.RemoteFile("toy.bin", ("http://a.invalid/toy.bin",), "sha256:" + "0" * 64)
    for _ in range(2):
        with pytest.raises(download.NoNetworkError, match=r"no connection to a\.invalid"):
            download.fetch(file, tmp_path)
    assert len(offline) == 1
    with pytest.raises(download.NoNetworkError):
        download.fetch(file, tmp_path, again=True)
    assert len(offline) == 2


def test_a_name_lookup_that_hangs_is_given_up(monkeypatch, tmp_path):
    release = threading.Event()
    monkeypatch.setattr(download, "CONNECT_SECONDS", 0.05)
    monkeypatch.setattr(download, "_head", lambda url: release.wait(10))
    with pytest.raises(download.NoNetworkError):
        download._check_reachable("http://a.invalid/", again=False)
    release.set()


def test_auto_falls_back_with_one_loud_line(offline, capsys):
    train = data.load("mnist", n=20)
    data.load("mnist", "test", n=20)
    out = capsys.readouterr().out
    assert train.source == "embedded" and out.count("\n") == 1
    for part in ("EMBEDDED STAND-IN", "not MNIST", "no connection to", "strokes", "$GAN_TF_DATA/mnist/"):
        assert part in out


def test_real_refuses_to_fall_back(offline, capsys):
    with pytest.raises(DataError, match=r"source='real', but MNIST .* no connection .* \$GAN_TF_DATA/mnist/"):
        data.load("mnist", source="real")


def test_embedded_skips_everything_else(offline, monkeypatch, tmp_path):
    monkeypatch.setenv("GAN_TF_DATA", str(tmp_path / "not there"))
    assert data.load("mnist", n=20, source="embedded").source == "embedded"
    monkeypatch.setenv("GAN_TF_DATA_SOURCE", "embedded")
    assert data.load("mnist", n=20).source == "embedded"
    assert offline == []
    monkeypatch.delenv("GAN_TF_DATA")
    with pytest.raises(DataError):  # the argument beats the environment
        data.load("mnist", source="real")


def test_local_beats_cache_and_download(server, monkeypatch, tmp_path):
    assert sources.find(CARD, (server.file,), None)[0] == "download"
    assert sources.find(CARD, (server.file,), None)[0] == "download" and len(server.asked) == 1  # from the cache
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "toy.bin").write_bytes(b"mine")
    monkeypatch.setenv("GAN_TF_DATA", str(tmp_path))
    assert sources.find(CARD, (server.file,), None) == ("local", [tmp_path / "toy" / "toy.bin"])


def test_an_incomplete_or_absent_local_folder_is_an_error(offline, monkeypatch, tmp_path):
    monkeypatch.setenv("GAN_TF_DATA", str(tmp_path / "typo"))
    with pytest.raises(DataError, match="GAN_TF_DATA: got"):
        data.load("mnist")
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte").touch()
    monkeypatch.setenv("GAN_TF_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte\.gz missing"):
        data.load("mnist")


def test_unknown_sources_are_refused(monkeypatch):
    with pytest.raises(ValueError, match=r"source: got 'embeded', expected one of auto, embedded, real; .*'embedded'"):
        data.load("mnist", source="embeded")
    monkeypatch.setenv("GAN_TF_DATA_SOURCE", "fake")
    with pytest.raises(ValueError, match="GAN_TF_DATA_SOURCE: got"):
        data.load("mnist")


def test_every_official_file_has_a_checksum():
    for name in ("mnist", "fashion_mnist"):
        sums = data.card(name).checksums
        assert len(sums) == 4
        for checksum in sums.values():
            algorithm, _, digits = checksum.partition(":")
            assert len(digits) == {"sha256": 64, "md5": 32}[algorithm]


def test_a_file_without_a_checksum_is_checked_by_its_content(server, tmp_path):
    seen = []

    def check(path):
        seen.append(path.name)
        if path.read_bytes() != BODY:
            raise ValueError("half of it is missing")

    file = dataclasses.replace(server.file, checksum="", check=check)
    server.send = len(BODY) // 2
    with pytest.raises(download.DownloadError):
        download.fetch(file, tmp_path / "x")
    assert not [path for path in (tmp_path / "x").rglob("*") if path.is_file()]
    server.send = len(BODY)
    assert download.fetch(file, tmp_path / "x").read_bytes() == BODY
    assert seen and "toy.bin" not in seen  # It was checked under a temporary name.


def test_what_the_check_says_is_passed_on(server, tmp_path):
    def check(path):
        raise ValueError("it lacks a recording")

    file = dataclasses.replace(server.file, checksum="", check=check)
    with pytest.raises(download.DownloadError, match="did not deliver the official file: it lacks a recording"):
        download.fetch(file, tmp_path / "x")
    assert not [path for path in (tmp_path / "x").rglob("*") if path.is_file()]


# A server that lies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("announced", "message"),
    [
        (None, "sent more than 200,000 bytes"),
        ("-5", "sent more than 200,000 bytes"),
        ("99999999999", "sent more than 200,000 bytes"),
        ("10", "checksum differs"),
        ("many", "did not deliver the official file"),
    ],
)
def test_a_server_that_sends_without_end(server, tmp_path, monkeypatch, announced, message):
    """Whatever length it announces, it is stopped, and nothing stays."""
    monkeypatch.setattr(download, "MAX_BYTES", 200_000)

    def send(self):
        self.send_response(200)
        if announced is not None:
            self.send_header("Content-Length", announced)
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(2000):
                self.wfile.write(bytes(10_000))

    monkeypatch.setattr(server, "do_GET", send)
    with pytest.raises(download.DownloadError, match=message):
        download.fetch(server.file, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_packed_answer_that_unpacks_to_much(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "MAX_BYTES", 200_000)

    def send(self):
        body = gzip.compress(bytes(20_000_000))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    monkeypatch.setattr(server, "do_GET", send)
    with pytest.raises(download.DownloadError, match="sent more than 200,000 bytes"):
        download.fetch(server.file, tmp_path)
    assert list(tmp_path.iterdir()) == []
