"""Commands split into words as bash does it."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.importers import shell


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a  b\tc\nd", ["a", "b", "c", "d"]),
        (r'"\$5 \`x\` \" \\ \n"', ['$5 `x` " \\ \\n']),
        (r"'\$5'", [r"\$5"]),
        (r"a\ b \$5 \"", ["a b", "$5", '"']),
        ("a\"b\"'c'd", ["abcd"]),
        ("'' \"\"", ["", ""]),
        ("a\\\nb \\\n c \\  \n d", ["ab", "c", "d"]),
        ('"a\\\nb"', ["ab"]),
        ("'a\\\nb'", ["a\\\nb"]),
        ("a \\", ["a"]),
        ("a ^\r\n b `\n c", ["a", "b", "c"]),
        (r"$'it\'s \u0041\x42\103\n' a", ["it's ABC\n", "a"]),
        ('$"a b"', ["a b"]),
        ("a # b\nc#d", ["a", "c#d"]),
        ("a?b=1&c=2;d", ["a?b=1&c=2;d"]),
        ("5$ $ $5", ["5$", "$", "$5"]),
    ],
)
def test_words_are_those_of_bash(text: str, words: list[str]) -> None:
    assert shell.split(text) == shell.Command(tuple(words), "")


@pytest.mark.parametrize("rest", ["| jq .", "> a", ">> a", "2> a", "2>&1", "&> a", "&& b", "& ", "; b", "< a"])
def test_a_command_ends_where_bash_ends_it(rest: str) -> None:
    assert shell.split(f"a b {rest}") == shell.Command(("a", "b"), rest.strip())


@pytest.mark.parametrize("text", ["$ID", "${ID}", '"$ID"', '"${ID}"', "<ID>"])
def test_a_variable_is_marked(text: str) -> None:
    assert shell.split(text).words == ("\ue000ID\ue001",)


@pytest.mark.parametrize("text", ["'a", '"a', "a 'b c", '"a\\"'])
def test_a_quotation_mark_that_is_never_closed_is_told(text: str) -> None:
    with pytest.raises(shell.UnreadableCommandError, match="never closed"):
        shell.split(text)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_quoted_words_arrive_as_they_were(words: list[str]) -> None:
    assert shell.split(shlex.join(words)).words == tuple(words)


def test_a_caret_inside_quotes_is_no_sign_of_cmd() -> None:
    assert shell.split("""curl -H 'X: ^"' x""").words == ("curl", "-H", 'X: ^"', "x")


@pytest.mark.parametrize(
    ("text", "fed", "passed_over"),
    [
        ("curl -d @- a.example <<EOF\n{\n}\nEOF\n", "{\n}", ""),
        ('curl -d @- a.example << \'END\' | jq\n{"a": "$x"}\n  END', '{"a": "$x"}', ""),
        ('curl -d @- a.example <<EOF\n{"a": "$ID"}\nEOF', '{"a": "\ue000ID\ue001"}', ""),
        ("curl -d @- a.example <<-EOF\n\t{}\n\tEOF", "{}", ""),
        ("curl -d @- a.example <<< '{}' | jq .", "{}", "| jq ."),
        ("curl -d @- a.example < body.json", None, "< body.json"),
        ("curl -d @- a.example <<EOF\n{}", None, "<<EOF\n{}"),
    ],
)
def test_the_text_that_the_shell_feeds_in_is_kept(text: str, fed: str | None, passed_over: str) -> None:
    command = shell.split(text)
    assert command.words == ("curl", "-d", "@-", "a.example")
    assert (command.fed, command.passed_over) == (fed, passed_over)
