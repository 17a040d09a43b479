import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mech_exo.system.printable import printable, printable_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b]0;pwned\x07", "a\\x1b]0;pwned\\x07"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("\x9b31m\x85", "\\x9b31m\\x85"),
        ("\ud800", "\\ud800"),
        ("a\rb\x00", "a\\rb\\x00"),
        ("\u2028\ufeff\u200b\U000e0001", "\\u2028\\ufeff\\u200b\\U000e0001"),
        ("99.7\u202f% – ä€ 日本 🙂 [bold]\n\t", "99.7\u202f% – ä€ 日本 🙂 [bold]\n\t"),
    ],
)
def test_what_steers_a_terminal_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


@given(st.text(st.characters()))
def test_nothing_else_changes_and_json_keeps_the_text(text: str) -> None:
    printable(text).encode()  # no half of a surrogate pair is left
    assert not set(printable(text)) & {"\x1b", "\x07", "\x9b", "\u202e"}
    written = printable_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(written) == text
    assert not set(written) & {"\x1b", "\x9b", "\u202e", "\u2028"}
