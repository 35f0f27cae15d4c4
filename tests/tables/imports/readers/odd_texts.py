"""Odd text files: their letters, lines, delimiters and quotes, and where their table is."""

from collections.abc import Sequence

from tests.tables.imports.readers.odd_file import Odd


def text(content: str, encoding: str = "utf-8") -> bytes:
    return content.encode(encoding)


NAMES = "Name,City\nSam,Paris\nOla,Oslo\n"
TABLE = [["Name", "City"], ["Sam", "Paris"], ["Ola", "Oslo"]]
CHINESE = [["姓名", "城市"], ["张伟", "北京市朝阳区"], ["王芳", "上海市浦东新区"]]
JAPANESE = [["氏名", "住所"], ["山田太郎", "東京都千代田区"], ["鈴木花子", "大阪府大阪市"]]
JAPANESE_NOTES = [["氏名", "備考"], ["山田太郎", "ありがとうございます"], ["鈴木花子", "よろしくお願いします"]]
EUROS = [
    ["Nom", "Ville", "Prix €"],
    ["Éloïse", "Orléans", "12 €"],
    ["François", "Besançon", "15 €"],
    ["œuvre", "Nîmes", "3 €"],
]
KOREAN = [["이름", "도시"], ["김철수", "서울특별시"], ["이영희", "부산광역시"]]
RUSSIAN = [["Имя", "Город"], ["Иван Петров", "Москва"], ["Анна Сидорова", "Санкт-Петербург"]]
FRENCH = [["Name", "City"], ["José Muñoz", "Málaga"], ["Zoë Brontë", "Genève"], ["François", "Orléans"]]


def lines(table: Sequence[Sequence[str]], encoding: str, end: str = "\n") -> bytes:
    return "".join(",".join(row) + end for row in table).encode(encoding)


ENCODINGS = [
    Odd("UTF-16 with a mark", text(NAMES, "utf-16"), TABLE),
    Odd("UTF-16, big end first, without a mark", text(NAMES, "utf-16-be"), TABLE),
    Odd("UTF-16 of Chinese without a mark", lines(CHINESE, "utf-16-le"), CHINESE),
    Odd("UTF-32 with a mark", b"\0\0\xfe\xff" + text(NAMES, "utf-32-be"), TABLE),
    Odd("UTF-32 without a mark", text(NAMES, "utf-32-le"), TABLE),
    Odd("UTF-32 of Russian, big end first, without a mark", lines(RUSSIAN, "utf-32-be"), RUSSIAN),
    Odd("Two marks of UTF-8", b"\xef\xbb\xbf\xef\xbb\xbf" + text(NAMES), TABLE),
    Odd("A mark before a quote", b'\xef\xbb\xbf"Name","City"\n"Sam","Paris"\n"Ola","Oslo"\n', TABLE),
    Odd("Shift-JIS", lines(JAPANESE, "cp932"), JAPANESE),
    Odd("ISO-2022-JP, as Japanese mail has it", lines(JAPANESE, "iso-2022-jp"), JAPANESE),
    Odd(
        "ISO-2022-JP with narrow letters",
        lines([["氏名", "カナ"], ["山田", "ﾔﾏﾀﾞ"]], "iso2022_jp_ext"),
        [["氏名", "カナ"], ["山田", "ﾔﾏﾀﾞ"]],
    ),
    Odd("ISO-2022-KR, as Korean mail has it", lines(KOREAN, "iso2022_kr"), KOREAN),
    Odd("HZ, as Chinese mail had it", lines(CHINESE, "hz"), CHINESE),
    Odd("GB 18030", lines(CHINESE, "gb18030"), CHINESE),
    Odd("EUC-JP", lines(JAPANESE_NOTES, "euc-jp"), JAPANESE_NOTES),
    Odd("KOI8-R", lines(RUSSIAN, "koi8-r"), RUSSIAN),
    Odd("CP866, as DOS wrote Russian", lines(RUSSIAN, "cp866"), RUSSIAN),
    Odd("Windows-1251", lines(RUSSIAN, "cp1251"), RUSSIAN, "The letters were read as CP1251, which is a guess."),
    Odd("Mac Roman with its line ends", lines(FRENCH, "mac-roman", "\r"), FRENCH, "MAC-ROMAN, which is a guess"),
    Odd("Windows-1252, few names", lines(FRENCH, "cp1252"), FRENCH, "CP1252, which is a guess"),
    Odd("ISO-8859-15 with euros", lines(EUROS, "iso8859-15"), EUROS, "ISO8859-15, which is a guess"),
    Odd("Mac Roman with euros", lines(EUROS, "mac-roman"), EUROS, "MAC-ROMAN, which is a guess"),
    Odd(
        "EUC-JP of few words, which could be Chinese",
        lines(JAPANESE, "euc-jp"),
        [[cell.encode("euc-jp").decode("gb18030") for cell in row] for row in JAPANESE],
        "GB18030, which is a guess",
    ),
    Odd(
        "Windows-1252 with nothing but signs",
        "Name,Note\nSam,“hi”\nOla,it’s 5 €\n".encode("cp1252"),
        [["Name", "Note"], ["Sam", "“hi”"], ["Ola", "it’s 5 €"]],
        "CP1252, which is a guess",
    ),
    Odd(
        "UTF-8 that is cut in a letter",
        text("Name,City\nSam,Málaga\nOla,Orlé")[:-1],
        [["Name", "City"], ["Sam", "Málaga"], ["Ola", "OrlÃ"]],
        "Line 3 has bytes that are not UTF-8.",
    ),
]

LINES = [
    Odd(
        "Line ends of four kinds",
        b"a,b\r\n1,2\n3,4\r5,6\n\r7,8\r\n",
        [["a", "b"], ["1", "2"], ["3", "4"], ["5", "6"], ["\r7", "8"]],
        "Line 4 has a carriage return inside a cell.",
    ),
    Odd(
        "CR inside a cell that is not quoted",
        b"a,b\n1,x\ry\n2,z\n",
        [["a", "b"], ["1", "x\ry"], ["2", "z"]],
        "Line 2 has a carriage return inside a cell.",
    ),
    Odd(
        "NUL inside a cell",
        b"a,b\n1,x\0y\n2,\0\n",
        [["a", "b"], ["1", "xy"], ["2", ""]],
        "Line 2 has a NUL character, which was left out.",
    ),
    Odd(
        "A mark inside a cell",
        text("a,b\n1,\ufeffx\n2,y\n"),
        [["a", "b"], ["1", "\ufeffx"], ["2", "y"]],
    ),
    Odd(
        "A mark before the second name",
        text("a,\ufeffb\n1,x\n"),
        [["a", "b"], ["1", "x"]],
    ),
    Odd(
        "Two files of UTF-16 in one",
        text("a,b\n1,x\n", "utf-16") + text("2,y\n", "utf-16"),
        [["a", "b"], ["1", "x"], ["2", "y"]],
        "Line 3 begins with the mark of an encoding",
    ),
    Odd("Vertical tabs and form feeds", b"a,b\n1,x\x0by\n2,x\x0cy\n", [["a", "b"], ["1", "x\x0by"], ["2", "x\x0cy"]]),
    Odd("The next-line sign of mainframes", text("a,b\n1,x\x85y\n"), [["a", "b"], ["1", "x\x85y"]]),
    Odd(
        "The DOS sign of a file's end inside a cell", b"a,b\n1,x\x1ay\n2,z\n", [["a", "b"], ["1", "x\x1ay"], ["2", "z"]]
    ),
    Odd("Line ends of three kinds", b"Name,City\r\nSam,Paris\nOla,Oslo\r", TABLE),
    Odd("CR after the names alone", b"Name,City\rSam,Paris\nOla,Oslo\r\n", TABLE),
    Odd("CR CR LF", b"Name,City\r\r\nSam,Paris\r\r\nOla,Oslo\r\r\n", TABLE),
    Odd(
        "CR, with LF inside a cell",
        b'Name,City\rSam,"a\nb"\rOla,c\r',
        [["Name", "City"], ["Sam", "a\nb"], ["Ola", "c"]],
    ),
    Odd("CR inside quoted cells", b'Name,City\r\nSam,"a\rb\rc"\r\n', [["Name", "City"], ["Sam", "a\rb\rc"]]),
    Odd("The DOS sign of a file's end", b"Name,City\r\nSam,Paris\r\nOla,Oslo\r\n\x1a", TABLE),
    Odd("NUL up to a block's end", text(NAMES) + b"\0" * 300, TABLE, "NUL characters, which were left out"),
    Odd(
        "A hole of NUL in the middle", b"Name,City\nSam,Paris\n" + b"\0" * 5000 + b"Ola,Oslo\n", TABLE, "Line 3 has NUL"
    ),
    Odd("Line separators of Unicode inside cells", text("a,b\nx\u2028y,z\x85\n"), [["a", "b"], ["x\u2028y", "z\x85"]]),
    Odd("No line end at the end", text(NAMES[:-1]), TABLE),
    Odd(
        "An empty line above every row",
        b"Name,City\n\nSam,Paris\n\nOla,Oslo\n\nIda,Rom\n\nUwe,Bonn\n",
        [*TABLE, ["Ida", "Rom"], ["Uwe", "Bonn"]],
        "4 blank rows between the others were left out",
    ),
    Odd("Blank rows inside", b"Name,City\nSam,Paris\n,\n\nOla,Oslo\n", [*TABLE[:2], [], [], TABLE[2]]),
    Odd(
        "Blank rows at the end",
        b"Name,City\nSam,Paris\nOla,Oslo\n,\n,\n",
        TABLE,
        "2 blank rows at the end were left out.",
    ),
    Odd("Blank lines in a single column", b"Name\nSam\n\nOla\n\n", [["Name"], ["Sam"], [], ["Ola"]]),
    Odd(
        "Two files in one, the second without names",
        b"\xef\xbb\xbfName,City\nSam,Paris\n\xef\xbb\xbfOla,Oslo\n",
        TABLE,
        "Line 3 begins with the mark of an encoding",
    ),
    Odd(
        "Two files in one, with the mark of each",
        b"\xef\xbb\xbfName,City\nSam,Paris\n\xef\xbb\xbfName,City\nOla,Oslo\n",
        [*TABLE[:2], ["Name", "City"], TABLE[2]],
        "Line 3 repeats the first line",
    ),
]

DELIMITERS = [
    Odd(
        "Pipes, commas and semicolons in the text",
        b"Name|City\nSam|Paris, France\nOla|Oslo; Norway\n",
        [["Name", "City"], ["Sam", "Paris, France"], ["Ola", "Oslo; Norway"]],
    ),
    Odd(
        "Tabs inside quotes", b'Name\tCity\nSam\t"a\tb"\nOla\t"c"\n', [["Name", "City"], ["Sam", "a\tb"], ["Ola", "c"]]
    ),
    Odd("sep=; after a mark", b"\xef\xbb\xbfsep=;\r\nName;City\r\nSam;Paris\r\nOla;Oslo\r\n", TABLE),
    Odd("A quoted sep=;", b'"sep=;"\r\nName;City\r\nSam;Paris\r\nOla;Oslo\r\n', TABLE),
    Odd("sep=; in UTF-16", text("sep=;\r\nName;City\r\nSam;Paris\r\nOla;Oslo\r\n", "utf-16"), TABLE),
    Odd(
        "Semicolons with decimal commas",
        b"Name;Amount\nSam;1.234,56\nOla;12,00\n",
        [["Name", "Amount"], ["Sam", "1.234,56"], ["Ola", "12,00"]],
    ),
    Odd(
        "Decimal commas in a single column",
        b"Price\n1,5\n3,25\n1.200,00\n",
        [["Price"], ["1,5"], ["3,25"], ["1.200,00"]],
        "The commas were read as decimal commas.",
    ),
    Odd(
        "Lists with commas in a file of semicolons",
        b"Name;Tags;n\nSam;a,b,c;1\nOla;d,e,f;2\n",
        [["Name", "Tags", "n"], ["Sam", "a,b,c", "1"], ["Ola", "d,e,f", "2"]],
    ),
    Odd(
        "A line under the names, as SQL Server draws it",
        b"Name,City\n----,-----\nSam,Paris\nOla,Oslo\n",
        TABLE,
        "Line 2 is a ruled line without values.",
    ),
    Odd("Dashes in a single column", b"Name\nSam\n---\nOla\n", [["Name"], ["Sam"], ["---"], ["Ola"]]),
    Odd("Commas under the name .tsv", text(NAMES), TABLE, suffix=".tsv"),
    Odd(
        "A delimiter at the end of each line",
        b"Name,City,\nSam,Paris,\nOla,Oslo,\n",
        [["Name", "City", "Column 3"], ["Sam", "Paris", ""], ["Ola", "Oslo", ""]],
    ),
    Odd("Delimiters of two characters", b"Name||City\nSam||Paris\nOla||Oslo\n", TABLE),
    Odd("Delimiters of three characters", b"Name~|~City\r\nSam~|~Paris\r\nOla~|~Oslo\r\n", TABLE),
    Odd(
        "Delimiters of two characters, also inside quotes",
        b'"Name"::"City"\n"Sam ""::"""::"Par\nis"\nOla::Os:lo\nTed::\n',
        [["Name", "City"], ['Sam "::"', "Par\nis"], ["Ola", "Os:lo"], ["Ted", ""]],
    ),
    Odd(
        "Delimiters of two characters under a title",
        b"Firms of 2026\n\nName||City\nSam||Paris\nOla||Oslo\n",
        TABLE,
    ),
    *(
        Odd(
            f"{what} between cells with decimal commas",
            text("Name,City,Price\nSam,Paris,26;53\nOla,Oslo,57;20\n".replace(",", sign).replace(";", ",")),
            [["Name", "City", "Price"], ["Sam", "Paris", "26,53"], ["Ola", "Oslo", "57,20"]],
        )
        for what, sign in (("Colons", ":"), ("Carets", "^"), ("Tildes", "~"), ("Unit separators", "\x1f"))
    ),
    Odd(
        "Carets around quotes that are not doubled",
        b'Name^Price\nSam 5" Bolt^26,53\n"Ola 7" Nut^ Co"^57,20\n',
        [["Name", "Price"], ['Sam 5" Bolt', "26,53"], ['Ola 7" Nut^ Co', "57,20"]],
        "Line 3",
    ),
    Odd(
        "Colons of times and notes in a file of commas",
        b"At,Note\n12:30:05,Start: now\n12:31:07,End: then\n",
        [["At", "Note"], ["12:30:05", "Start: now"], ["12:31:07", "End: then"]],
    ),
    Odd(
        "A space between a tab and a quote",
        b'Name\tCity\nSam\t "a\tb"\nOla\t "c ""d"""\n',
        [["Name", "City"], ["Sam", "a\tb"], ["Ola", 'c "d"']],
    ),
    Odd(
        "A space before the only quoted cell, which has quotes",
        b'Name|City\nSam| "4"" Bolt"\nOla|Oslo\n',
        [["Name", "City"], ["Sam", '4" Bolt'], ["Ola", "Oslo"]],
    ),
    Odd(
        "Every cell quoted, most of them blank",
        b'"a"|"b"|"c"|"d"\n"1"|""|""|""\n',
        [["a", "b", "c", "d"], ["1", "", "", ""]],
    ),
    Odd(
        "Every cell quoted and a comma between, most of them blank",
        b'"a","b","c","d"\n"1","","",""\n',
        [["a", "b", "c", "d"], ["1", "", "", ""]],
    ),
    Odd(
        "Columns without names and values between bars",
        b"Name||City\nSam||Paris\nOla|x|Oslo\nTed||Rome\n",
        [["Name", "Column 2", "City"], ["Sam", "", "Paris"], ["Ola", "x", "Oslo"], ["Ted", "", "Rome"]],
    ),
    Odd("A delimiter at the end of each row only", b"Name,City\nSam,Paris,\nOla,Oslo,\n", TABLE),
]

QUOTES = [
    Odd("Inches", text('a,b\n5" pipe,x\n6"x"y,z\n'), [["a", "b"], ['5" pipe', "x"], ['6"x"y', "z"]]),
    Odd(
        "A quoted inch and a text behind it",
        text('a,b\n"5" pipe,x\ny,z\n'),
        [["a", "b"], ['"5" pipe', "x"], ["y", "z"]],
        "Line 2 has a quote inside a cell.",
    ),
    Odd("A space behind a quote", text('a,b\n"z" ,2\n"y",3\n'), [["a", "b"], ["z", "2"], ["y", "3"]]),
    Odd("A quote before a backslash", text('a,b\n1,"x\\"y"\n'), [["a", "b"], ["1", 'x"y']]),
    Odd("Objects in cells", text('a,b\n1,"{""x"": 1}"\n'), [["a", "b"], ["1", '{"x": 1}']]),
    Odd("CR LF inside quotes", b'a,b\r\n1,"x\r\ny"\r\n', [["a", "b"], ["1", "x\r\ny"]]),
    Odd(
        "A quote that stays open to the end",
        b'Name,City\nSam,"Paris\nOla,Oslo\nIda,Rom\n',
        None,
        "The quote that opens in line 2 is never closed.",
    ),
    Odd(
        "A quote that stays open up to another one",
        b'Name,City\nSam,"Paris\nOla,Oslo\nIda,"Rom"\nUwe,Bonn\n',
        None,
        "The quote that opens in line 2 is never closed.",
    ),
    Odd(
        "A quote that takes rows into its cell",
        b'Name,City,n\nSam,"Paris,1\nOla,Oslo,2\nIda,Rom",3\n',
        [["Name", "City", "n"], ["Sam", "Paris,1\nOla,Oslo,2\nIda,Rom", "3"]],
        "holds 3 lines that look like rows",
    ),
    Odd(
        "Two lone quotes that take a row into a cell",
        b'Size\tCity\n"5\tParis\n6"\tOslo\n7\tRome\n',
        [["Size", "City"], ["5\tParis\n6", "Oslo"], ["7", "Rome"]],
        "holds 2 lines that look like rows",
        ".tsv",
    ),
    Odd(
        "A quote at the end of a cell",
        b'Name,City\nSam,Paris"\nOla,Oslo\n',
        [["Name", "City"], ["Sam", 'Paris"'], TABLE[2]],
    ),
    Odd(
        "Quotes with a backslash, over two lines",
        b'Name,Note\n"Sam","a \\"b\\"\nc"\n"Ola","d \\"e\\""\n',
        [["Name", "Note"], ["Sam", 'a "b"\nc'], ["Ola", 'd "e"']],
    ),
    Odd("Three quotes", b'Name,Note\n"""Sam""",x\nOla,"""y"""\n', [["Name", "Note"], ['"Sam"', "x"], ["Ola", '"y"']]),
    Odd(
        "Single quotes, doubled inside",
        b"Name,Note\n'Sam','it''s, ok'\n'Ola','x'\n",
        [["Name", "Note"], ["Sam", "it's, ok"], ["Ola", "x"]],
    ),
    Odd(
        "Single quotes with a backslash",
        b"'Name','Note'\n'Sam','it\\'s, ok'\n'Ola','x'\n",
        [["Name", "Note"], ["Sam", "it's, ok"], ["Ola", "x"]],
    ),
    Odd(
        "Texts that programs make Excel show",
        b'id,zip,note\n="001","=""00501""",="a ""b"""\n="002",="00502",=1+1\n',
        [["id", "zip", "note"], ["001", "00501", 'a "b"'], ["002", "00502", "=1+1"]],
    ),
    Odd(
        "Apostrophes that are no quotes",
        b"Name,Note\n'Sam,it's\nO'Hara,x\n",
        [["Name", "Note"], ["'Sam", "it's"], ["O'Hara", "x"]],
    ),
    Odd(
        "Apostrophes that guard formulas",
        b"a,b\n'=1+1,'@x\n=SUM(A1),x\n",
        [["a", "b"], ["=1+1", "@x"], ["=SUM(A1)", "x"]],
    ),
    Odd(
        "Spaces on both sides of quotes",
        b'Name,Note\n"Sam" , "a, b"\n"Ola" , "c"\n',
        [["Name", "Note"], ["Sam", "a, b"], ["Ola", "c"]],
    ),
]

SHAPES = [
    Odd(
        "Names that repeat but for a space or a number",
        text("a,a,A,a 2,a ,\n1,2,3,4,5,6\n"),
        [["a", "a 2", "A", "a 2 2", "a 3", "Column 6"], ["1", "2", "3", "4", "5", "6"]],
    ),
    Odd("Names of two spellings of é", text("é,e\u0301\n1,2\n"), [["é", "é 2"], ["1", "2"]]),
    Odd("A name of 10,000 signs", text("x" * 10_000 + ",b\n1,2\n"), [["x" * 200, "b"], ["1", "2"]]),
    Odd(
        "Names that differ behind their 200th sign",
        text("x" * 300 + "a," + "x" * 300 + "b\n1,2\n"),
        [["x" * 200, "x" * 198 + " 2"], ["1", "2"]],
    ),
    Odd("A line break in a name", text('"a\nb",c\n1,2\n'), [["a b", "c"], ["1", "2"]]),
    Odd("Invisible signs in names", text("a\xa0,b\u200b\n1,2\n"), [["a", "b"], ["1", "2"]]),
    Odd(
        "More values than the only name",
        text("a\n" + "1," * 30 + "\n"),
        [["a", *(f"Column {at}" for at in range(2, 31))], ["1"] * 30],
        "There is 1 name, but rows have up to 30 values.",
    ),
    Odd("Nothing but commas", text(",,,\n,,,\n"), None, "The file has no rows."),
    Odd("Nothing but line ends", text("\n\n"), None, "The file has no rows."),
    Odd("Names without rows", text("a,b\n"), [["a", "b"]]),
    Odd("Names from right to left", text("שם,b\nשלום,x\n"), [["שם", "b"], ["שלום", "x"]]),
    Odd(
        "Long numbers, zeros and exponents",
        text("a,b\n1E5,1.10\n1234567890123456789,00.5\n"),
        [["a", "b"], ["1E5", "1.10"], ["1234567890123456789", "00.5"]],
    ),
    Odd(
        "Rows with fewer values",
        b"a,b,c\n1,2,3\n4,5\n7,8,9\n",
        [["a", "b", "c"], ["1", "2", "3"], ["4", "5"], ["7", "8", "9"]],
        "Line 3 has 2 values instead of 3. The other cells are blank.",
    ),
    Odd(
        "A comma that is not quoted",
        b"name,note,n\nSam,hi,1\nOla,one, two,2\nIda,x,3\n",
        [["name", "note", "n", "Column 4"], ["Sam", "hi", "1"], ["Ola", "one", " two", "2"], ["Ida", "x", "3"]],
        "Line 3 has 4 values instead of 3. Check that they are in the right columns.",
    ),
    Odd(
        "One row with more values than columns",
        b"a,b\n" + b"1,2\n" * 30 + b"3,4,5\n",
        [["a", "b"], *[["1", "2"]] * 30],
        "This row has 3 values, but there are 2 columns. The row was left out.",
    ),
    Odd(
        "A cell that is too long",
        b"a,b\n1," + b"x" * 1_000_001 + b"\n2,y\n",
        [["a", "b"], ["2", "y"]],
        "This row has a cell of 1,000,001 characters",
    ),
    Odd(
        "Names that repeat",
        b"Email,Email, Email \na@b.c,d@e.f,x\n",
        [["Email", "Email 2", "Email 3"], ["a@b.c", "d@e.f", "x"]],
    ),
    Odd("A name that is missing", b"Name,,City\nSam,x,Paris\n", [["Name", "Column 2", "City"], ["Sam", "x", "Paris"]]),
    Odd(
        "Years as names",
        b"Country,2021,2022\nFR,1,2\nDE,4,5\n",
        [["Country", "2021", "2022"], ["FR", "1", "2"], ["DE", "4", "5"]],
    ),
    Odd(
        "Names in two lines",
        b"Name,Address,,Age\n,City,Zip,\nSam,Paris,1,30\nOla,Oslo,2,40\n",
        [["Name", "City", "Zip", "Age"], ["Sam", "Paris", "1", "30"], ["Ola", "Oslo", "2", "40"]],
    ),
    Odd(
        "Days as names",
        b"Shop,2026-01-01,2026-02-01\nA,5,6\nB,7,8\n",
        [["Shop", "2026-01-01", "2026-02-01"], ["A", "5", "6"], ["B", "7", "8"]],
    ),
    Odd(
        "Groups above the names",
        b"Contact,,Address,\nName,Mail,City,Zip\nSam,a@b.c,Paris,1\nOla,d@e.f,Oslo,2\n",
        [["Name", "Mail", "City", "Zip"], ["Sam", "a@b.c", "Paris", "1"], ["Ola", "d@e.f", "Oslo", "2"]],
    ),
    Odd(
        "What a report says of itself",
        b"Date:,2026-01-01\nUser:,Sam\nName,Amount,City\nSam,1,x\nOla,2,y\n",
        [["Name", "Amount", "City"], ["Sam", "1", "x"], ["Ola", "2", "y"]],
    ),
    Odd(
        "Title lines with commas",
        b"Report, Q1\nGenerated, 2026\n\nName,Amount,City\nSam,1,x\nOla,2,y\n",
        [["Name", "Amount", "City"], ["Sam", "1", "x"], ["Ola", "2", "y"]],
    ),
    Odd(
        "A total below",
        b"Name,Amount\nSam,1\nOla,2\nTotal,3\n",
        [["Name", "Amount"], ["Sam", "1"], ["Ola", "2"], ["Total", "3"]],
    ),
    Odd(
        "A line of the program below",
        b"Name,Amount,City\nSam,1,a\nOla,2,b\nGenerated by X\n",
        [["Name", "Amount", "City"], ["Sam", "1", "a"], ["Ola", "2", "b"], ["Generated by X"]],
        "Line 4 has 1 value instead of 3.",
    ),
    Odd(
        "Numbers as people write them",
        b"a;b;c;d;e\n1e308;1.234,56;007;+49 170;1,5\n",
        [["a", "b", "c", "d", "e"], ["1e308", "1.234,56", "007", "+49 170", "1,5"]],
    ),
]
