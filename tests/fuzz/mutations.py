"""Real files, spoilt: flipped bytes, cuts, splices, and what readers trip over."""

from collections.abc import Sequence

from hypothesis import strategies as st

TOKENS = (
    *(
        b"\x00",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\r\n",
        b"\r",
        b"\n\n",
        b"\t",
        b'"',
        b"'",
        b",",
        b"\x1b",
    ),
    *(b"\xed\xa0\x80", b"\xc2\x85", b"\xe2\x80\xae", b"\x1b]0;pwned\x07", b"\xe2\x80\xa8"),
    *(
        b"nan",
        b"NaN",
        b"-inf",
        b".inf",
        b".nan",
        b"1e999",
        b"-0.0",
        b"1e-400",
        b"null",
        b"~",
        b"true",
    ),
    *(
        b"9" * 25,
        b"9" * 400,
        b"-" + b"1" * 5000,
        b"0x10",
        b"1_000",
        b"12:30:45",
        b"1e5",
        b"[]",
        b"{}",
    ),
    *(b"9999-12-31", b"0000-00-00", b"2020-02-30", b"1677-01-01", b"20200101", b"2020-01-01T25:00"),
    *(b"2020-01-01T10:00+02:00", b"[" * 100_000, b'{"a":' * 3_000, b"{a: " * 2_000, b"- " * 3_000),
    *(
        b"&a [*a]",
        b"*a",
        b"&a {<<: *a}",
        b"<<: {x: 1}\n",
        b"!!timestamp x",
        b"!!bool x",
        b"!!binary x",
    ),
    *(
        b"!!python/object:os.system x",
        b"!!int ''",
        b"!!set {a, b}",
        b"? [a, b] : c",
        b"%YAML 9.9\n---\n",
    ),
    *(
        b"---\n",
        b"...\n",
        b"|\n",
        b">-\n",
        b": ",
        b"\\u0000",
        b'"\\ud800"',
        b'"a\\0b"',
        b"~nobody/x",
    ),
    b"a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"
    b"d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\n"
    b"f: [*e,*e,*e,*e,*e,*e,*e,*e]\n",
)


@st.composite
def spoilt(draw: st.DrawFn, originals: Sequence[bytes]) -> bytes:
    """One of the files with one to four mistakes in it."""
    content = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 40))
        how = draw(
            st.sampled_from(("flip", "cut", "drop", "repeat", "splice", "insert", "replace"))
        )
        if how == "flip":
            content[at : at + 1] = bytes([draw(st.integers(0, 255))])
        elif how == "cut":
            del content[at:]
        elif how == "drop":
            del content[at : at + length]
        elif how == "repeat":
            content[at:at] = content[at : at + length]
        elif how == "splice":
            other = draw(st.sampled_from(originals))
            start = draw(st.integers(0, len(other)))
            content[at : at + length] = other[start : start + length]
        else:
            kept = 0 if how == "insert" else draw(st.integers(0, 12))
            content[at : at + kept] = draw(st.sampled_from(TOKENS))
    return bytes(content)


CELLS = (
    *(
        None,
        0,
        -1,
        10**18,
        -(2**63),
        1.5,
        1e308,
        float("inf"),
        "",
        "x",
        "\x00",
        "\x1b[31m",
        "\u202e",
    ),
    *(
        b"\xff\xfe",
        b"",
        "null",
        "{}",
        "[]",
        "1",
        "nan",
        "NaN",
        "Infinity",
        "2020-01-01",
        "9999-99-99",
    ),
    *("[" * 100_000, '{"a":' * 3_000, "9" * 400, "9" * 5_000, '"\\ud800"', '{"a": 1}', "[1, 2]"),
    *(
        '{"epoch": 0}',
        "COMPLETE",
        "MAXIMIZE",
        "FINITE",
        "INF_POS",
        '{"name": "x", "attributes": {}}',
    ),
    *('{"name": "CategoricalDistribution", "attributes": {"choices": []}}', '{"version": 99}'),
)
"""What somebody may write into a cell of a database."""
