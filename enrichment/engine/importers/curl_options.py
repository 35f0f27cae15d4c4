"""The options of curl: which take a value, which a column has, and which it can do without."""

from collections.abc import Iterator, Sequence

BODY = ("--data", "--data-ascii", "--data-raw", "--data-binary", "--data-urlencode", "--json")
_SHORT = {
    "-d": "--data",
    "-o": "--output",
    "-m": "--max-time",
    "-w": "--write-out",
    "-s": "--silent",
    "-S": "--show-error",
    "-k": "--insecure",
    "-L": "--location",
    "-v": "--verbose",
    "-i": "--include",
    "-f": "--fail",
    "-g": "--globoff",
    "-X": "--request",
    "-H": "--header",
    "-G": "--get",
    "-I": "--head",
    "-u": "--user",
    "-A": "--user-agent",
    "-e": "--referer",
    "-b": "--cookie",
    "-F": "--form",
    "-T": "--upload-file",
    "-c": "--cookie-jar",
    "-x": "--proxy",
    "-U": "--proxy-user",
    "-N": "--no-buffer",
    "-#": "--progress-bar",
    "-D": "--dump-header",
    "-O": "--remote-name",
    "-J": "--remote-header-name",
    "-E": "--cert",
    "-n": "--netrc",
    "-q": "--disable",
    "-1": "--tlsv1",
    "-4": "--ipv4",
    "-6": "--ipv6",
    "-0": "--http1.0",
    "-y": "--speed-time",
    "-Y": "--speed-limit",
    "-z": "--time-cond",
}
_TAKEN = frozenset(
    (*BODY, "--url", "--request", "--header", "--user", "--user-agent", "--referer", "--cookie", "--form")
) | {"--form-string", "--upload-file", "--oauth2-bearer", "--proxy-user", "--cert", "--key", "--pass"}
_SWITCHES_TAKEN = frozenset({"--get", "--head", "--netrc"})
# What changes nothing of the request, or what a column does in any case: not worth a note.
SILENT = frozenset(
    ("--silent", "--show-error", "--location", "--verbose", "--include", "--fail", "--globoff", "--compressed")
)
_WITH_VALUE = frozenset(
    """--output --max-time --write-out --connect-timeout --retry --retry-delay --retry-max-time --cookie-jar --proxy
    --max-redirs --cacert --capath --ciphers --tls13-ciphers --curves --tls-max --interface --resolve --connect-to
    --dns-servers --limit-rate --rate --dump-header --trace --trace-ascii --stderr --keepalive-time --speed-time
    --speed-limit --time-cond --noproxy --local-port --expect100-timeout --max-filesize --output-dir --cert-type
    --key-type --proto --proto-default --proto-redir --happy-eyeballs-timeout-ms --socks5 --socks5-hostname
    --unix-socket""".split()  # noqa: SIM905  reads better than a line for each
)
_SWITCHES = frozenset(
    """--insecure --no-buffer --progress-bar --no-progress-meter --remote-name --remote-header-name --disable --tlsv1
    --tlsv1.0 --tlsv1.1 --tlsv1.2 --tlsv1.3 --ipv4 --ipv6 --http0.9 --http1.0 --http1.1 --http2
    --http2-prior-knowledge --http3 --http3-only --no-keepalive --no-alpn --no-sessionid --raw --retry-connrefused
    --retry-all-errors --location-trusted --ssl --ssl-reqd --ssl-no-revoke --fail-with-body --fail-early
    --styled-output --no-styled-output --tcp-nodelay --tcp-fastopen --path-as-is --basic --anyauth --post301 --post302
    --post303 --create-dirs --parallel --no-clobber --trace-time --disallow-username-in-url""".split()  # noqa: SIM905
)
_NEEDS_VALUE = _TAKEN | _WITH_VALUE


class UnreadableOptionError(Exception):
    """Says in words for people which option can't be read."""


def read(words: Sequence[str]) -> list[tuple[str, str]]:
    """Returns the options by their long names, in their order, each with its value; an address is a `--url`.

    Raises UnreadableOptionError for what curl doesn't know or a column can't do.
    """
    found: list[tuple[str, str]] = []
    left = iter(words)
    for word in left:
        if word.startswith("--") and word != "--":
            found.append((word, _value(word, left)))
        elif word.startswith("-") and word not in ("-", "--"):
            found += _cluster(word[1:], left)
        elif word != "--":
            found.append(("--url", word))
    return found


def _cluster(letters: str, left: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Short options in one word: `-sXPOST` is -s and -X POST."""
    for place, letter in enumerate(letters, 1):
        name = _SHORT.get(f"-{letter}", f"-{letter}")
        if name in _NEEDS_VALUE and letters[place:]:
            yield name, letters[place:]
            return
        yield name, _value(name, left)


def _value(name: str, left: Iterator[str]) -> str:
    if name in _NEEDS_VALUE:
        value = next(left, None)
        if value is None:
            raise UnreadableOptionError(f"The option {name} has no value.")
        return value
    if name in _SWITCHES or name in _SWITCHES_TAKEN or name in SILENT:
        return ""
    raise UnreadableOptionError(f"A column can't do what the option {name[:40]} does. Remove it, or fill in the form.")


def is_passed_over(name: str) -> bool:
    """Whether a column does without the option, which is worth telling."""
    return name in _WITH_VALUE or name in _SWITCHES
