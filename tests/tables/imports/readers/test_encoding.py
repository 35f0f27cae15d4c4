"""Encodings of text files, told from all of their letters."""

from pathlib import Path
from typing import Any

import pytest

from tables.imports.readers import encoding
from workspaces.refusals import Refused

WORDS = {
    "cp1250": "Łódź;Kraków leży nad Wisłą\nPoznań;Żółta gęś zjadła źdźbło\nGdańsk;Święto wiosny\n",
    "cp1251": "Москва;столица России\nКазань;город на Волге\nТомск;университет и театры\n",
    "koi8-r": "Москва;столица России\nКазань;город на Волге\nТомск;университет и театры\n",
    "iso8859-5": "Москва;столица России\nКазань;город на Волге\nТомск;университет и театры\n",
    "cp866": "Москва;столица России\nКазань;город на Волге\nТомск;университет и театры\n",
    "cp1252": "Société;générale à Nîmes\nÉtoile;naïve façade près du château\nGarçon;Noël\n",
    "mac-roman": "Société;générale à Nîmes\nÉtoile;naïve façade près du château\nGarçon;Noël à l’hôtel\n",
    "cp1253": "Αθήνα;πρωτεύουσα της Ελλάδας\nΠάτρα;λιμάνι και πανεπιστήμιο\n",
    "cp1254": "İstanbul;büyük şehir\nİzmir;güzel bir kıyı şehri\nMuğla;dağlık bölge ışığı\n",
    "cp1255": "ירושלים;עיר הבירה של ישראל\nחיפה;עיר נמל גדולה\n",
    "cp1256": "القاهرة;عاصمة جمهورية مصر العربية\nدمشق;مدينة قديمة\n",
    "cp1257": "Rīga;galvaspilsēta ir liela pilsēta\nJūrmala;kūrorts pie jūras\nČiekurkalns;ļoti skaista vieta\n",
    "shift_jis": "東京;日本の首都です\n大阪;商業の町と呼ばれる\nカタカナ;ひらがな\n",
    "gb18030": "北京;中华人民共和国的首都\n上海;最大的城市之一\n",
    "big5": "臺北;中華民國的首都\n高雄;南部最大的城市\n",
    "euc_kr": "서울;대한민국의 수도입니다\n부산;항구 도시\n",
}


@pytest.mark.parametrize("name", WORDS)
def test_code_pages_are_told_apart_by_their_words(name: str, read: Any) -> None:
    text = "name;note\n" + WORDS[name]
    columns, rows, sheet = read(text.encode(name))
    assert [columns, *rows] == [line.split(";") for line in text.splitlines()]
    assert sheet.encodings[0].encoding == sheet.encoding


def test_letters_far_below_count(read: Any) -> None:
    before = "name;note\n" + "abc;def\n" * 300_000
    _, rows, sheet = read((before + WORDS["cp1250"]).encode("cp1250"))
    assert (sheet.encoding, rows[-1]) == ("cp1250", ["Gdańsk", "Święto wiosny"])


def test_other_encodings_are_offered_with_their_words(read: Any) -> None:
    sheet = read("name;note\nGenève;x\n".encode("cp1252"))[2]
    assert not sheet.is_sure
    words = {choice.encoding: list(choice.words) for choice in sheet.encodings}
    assert words["cp1252"] == ["Genève"]
    assert len({tuple(each) for each in words.values()}) == len(words) > 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("name,note\nΑθήνα,λιμάνι\n".encode("utf-16-le"), "utf-16-le"),
        ("name,note\nΑθήνα,λιμάνι\n".encode("utf-16-be"), "utf-16-be"),
        ("name,note\nA,b\n".encode("utf-32"), "utf-32"),
        (b"name,note\nA,b\n", "utf-8"),
    ],
)
def test_wide_encodings_need_no_mark(content: bytes, expected: str, read: Any) -> None:
    columns, rows, sheet = read(content)
    assert (columns, len(rows), sheet.encoding) == (["name", "note"], 1, expected)


def test_a_few_bad_bytes_do_not_make_utf_8_another_encoding(read: Any) -> None:
    content = b"name\n" + "Zoë\n".encode() * 1000 + b"Ren\xe9e\n" + "Zoë\n".encode() * 10
    _, rows, sheet = read(content)
    assert (sheet.encoding, rows[1000]) == ("utf-8", ["Renée"])
    assert [warning.line for warning in sheet.warnings] == [1002]


def test_a_given_encoding_that_does_not_fit_is_refused(read: Any) -> None:
    with pytest.raises(Refused, match="Choose another encoding") as refused:
        read(WORDS["cp1251"].encode("cp1251"), encoding="utf-8")
    assert refused.value.field == "encoding"
    assert read(WORDS["cp1251"].encode("cp1251"), encoding="windows-1251", has_header=False)[1][0][0] == "Москва"


def test_a_large_file_is_sampled_for_its_preview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "BLOCK", 100)
    monkeypatch.setattr(encoding, "_PREVIEWED", 1000)
    path = tmp_path / "large.csv"
    path.write_bytes(b"a;b\n" * 10_000 + WORDS["cp1250"].encode("cp1250"))
    assert encoding.detect(path, None, is_preview=True).encoding == "cp1250"
    path.write_bytes(b"a;b\n" * 10_000 + "é;ü\n".encode() * 1000 + b"a;b\n" * 10_000)
    assert encoding.detect(path, None, is_preview=True).encoding == "utf-8"
