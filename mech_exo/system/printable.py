"""Text of others on a terminal: what would steer it, or turn the reading order, is shown instead.

A name in a file may hold escape sequences that set the window's title, colours or the clipboard,
and characters that reverse the text after them. Files and JSON keep such a text to the letter.
"""

import unicodedata

KEPT = "\n\t"
_STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")  # controls, formats, surrogates, line separators


class _Shown(dict[int, str]):
    """Character -> how a terminal shows it; filled as characters occur."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        steers = unicodedata.category(character) in _STEERING and character not in KEPT
        self[code] = shown = self.escaped(code) if steers else character
        return shown

    def escaped(self, code: int) -> str:
        """As a string literal of Python has it."""
        return repr(chr(code))[1:-1]


class _InJson(_Shown):
    def escaped(self, code: int) -> str:
        """As a string of JSON has it."""
        return "".join(
            f"\\u{int.from_bytes(pair, 'big'):04x}"
            for pair in _pairs(chr(code).encode("utf-16-be", "surrogatepass"))
        )


def printable(text: str) -> str:
    """`text` with its control characters as escapes (\\x1b, \\u202e), all else as it is.

    Line ends and tabs stay. Applied twice it changes nothing more.
    """
    return text if text.isprintable() else text.translate(_SHOWN)


def printable_json(text: str) -> str:
    """JSON of the same meaning in which no control character stands by itself."""
    return text if text.isprintable() else text.translate(_IN_JSON)


def _pairs(data: bytes) -> list[bytes]:
    return [data[i : i + 2] for i in range(0, len(data), 2)]


_SHOWN, _IN_JSON = _Shown(), _InJson()
