"""Texts on which two tokenizers are compared: code, scripts, white space, digits, odd characters.

Made to be hard where tokenizers differ: where words end, how runs of spaces and newlines are cut,
which characters count as letters, what happens beside special tokens. U+2581 is left out: files
in which it stands for a space cannot tell the two apart.
"""

# ruff: noqa: RUF001 - odd characters are what this file is for

import random
from collections.abc import Iterator, Sequence

from kdedge.convert.proof_texts import FILL_PREFIX, FILL_SUFFIX, SNIPPETS

_MOST_SPECIAL_TOKENS = 48
_MORE_CODE = (
    """fn main() -> Result<(), Box<dyn Error>> {
    let xs: Vec<u8> = vec![0; 16];
    for (i, x) in xs.iter().enumerate() { println!("{i}: {x:?}"); }
    Ok(())
}
""",
    """public static <T extends Comparable<T>> T max(List<? extends T> all) {
\treturn all.stream().max(Comparator.naturalOrder()).orElseThrow();
}
""",
    """package main

func main() {
\tch := make(chan int, 4)
\tgo func() { ch <- 1<<10 }()
\tif v, ok := <-ch; ok && v != 0 {
\t\tprintln(v)
\t}
}
""",
    """#!/bin/sh
set -eu
for f in *.txt; do
  n=$(wc -l < "$f")
  [ "$n" -gt 10 ] && echo "${f%.txt}: $n" >> out.log || :
done
""",
    """<!doctype html>
<ul class="a b">
  <li data-x='1'>one &amp; two</li>
</ul>
<style>a:hover{color:#0fF;margin:-.5em 0}</style>
""",
    '{"k": [1, 2.50, -3e-7, null, true], "path": "C:\\\\tmp\\\\x", "u": "\\u00e9"}\n',
    """template<class T, int N = 4> struct A {
  T v[N]; auto operator<=>(const A&) const = default; };
#define MAX(a,b) ((a)>(b)?(a):(b))
""",
    """-- sorts a list
qsort (p:xs) = qsort [x | x <- xs, x < p] ++ [p] ++ qsort [x | x <- xs, x >= p]
""",
    "def f(x, /, y=None, *args): return x if y is None else (x @ y) // 0b101 ** ~0o17\r\n",
    "class A:\r\n    '''It\\'s a \"doc\" string.'''\r\n\r\n    z: int = 0xDEAD_BEEF\r\n",
)
_WORDS = (
    "I'll say we've said they're what he'd done; IT'S, WE'VE, you'Re, 'tis, rock'n'roll, ' s, ''d",
    "camelCase snake_case kebab-case SCREAMING_CASE dotted.name::path->field x1y2z3 v2.0-rc1",
    "(){}[]<> .,;:!? +-*/%=&|^~ @#$ `'\" \\ ... --- === !== <=> ->> |> ?. ?? :: // /* */ <!-- -->",
    "user@example.org https://example.org/a/b?c=d&e=%20f#g ~/x/../y C:\\Program Files\\z",
)
_DIGITS = (
    "0 1 12 123 1234 12345 123456 1234567 12345678901234567890",
    "3.14 -2,718.28 1e10 0x1F 1_000 2024-11-24 10:09:32 192.168.0.1 v1.2.3 50% $9.99 1/2 x2 2x",
    "a1 a12 a  1 a   12\t123\n1234  5   \n 6 ",
    "\u0664\u0665 \u09e7\u09e8 \uff11\uff12 \u00b2\u00bd \u2167",
)
_SCRIPTS = (
    "Ünïcödé naïve façade Straße İstanbul ŁÓDŹ ñandú naïveÉcole ÜBERÄnderung ПриветМир ГОСТРу",
    "Ελληνικά κείμενα, Русский текст, українська ї, български език",
    "中文文本，没有空格。日本語のテキスト、カタカナ。한국어 텍스트 띄어쓰기",
    "עברית ימינה العربية يسار فارسی हिन्दी বাংলা தமிழ் ไทยไม่มีช่องว่าง ខ្មែរ ქართული አማርኛ",
    "e\u0301 n\u0303 a\u030a\u0323 \u0301x Z\u0351\u0343 \u1e69 \ufb01 \u1100\u1161\u11a8",
    "😀 👍🏽 👨\u200d👩\u200d👧\u200d👦 🇩🇪🇫🇷 🏳️\u200d🌈 ❤️ ☎ ✔✓ \U0001f9d1\u200d\U0001f4bb",
    "→⇒ ∀x∈ℝ: ⌈x⌉≥x ∑ √ ½ “quotes” ‘single’ «guillemets» 𝔘𝔫𝔦 𐍈 𠀀𠀁 Ġ Ċ",
)
_RANGES = (
    (0x20, 0x7E), (0x20, 0x7E), (0x09, 0x0D), (0xA0, 0xFF), (0x100, 0x24F), (0x300, 0x36F),
    (0x370, 0x52F), (0x5D0, 0x6FF), (0x900, 0xDFF), (0x2000, 0x206F), (0x20A0, 0x2BFF),
    (0x3000, 0x30FF), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0xFF01, 0xFF5E), (0x1F300, 0x1F64F),
)  # fmt: skip
"""Of characters that random texts draw from; what no Unicode version disagrees about."""


def token_texts(special_tokens: Sequence[str], *, seed: int = 0) -> Iterator[str]:
    """Give the texts, the same ones for the same arguments.

    Args:
        special_tokens: As they are written; they appear inside texts, where users put them too.
        seed: Of the random texts.

    Yields:
        About 400 texts.
    """
    yield from ("", " ", "  ", "\n", "\r\n", "\t", "a", " a", "a ", " \n", "\n ", "é", "1", "'s")
    yield from (*SNIPPETS.values(), FILL_PREFIX, FILL_SUFFIX)
    yield from (*_MORE_CODE, *_WORDS, *_DIGITS, *_SCRIPTS)
    yield from _white_space()
    yield from _beside_special_tokens(special_tokens[:_MOST_SPECIAL_TOKENS])
    yield from _random_texts(random.Random(seed))  # noqa: S311 - no secrets


def _white_space() -> Iterator[str]:
    for space in (" ", "\t", "\n", "\r\n", "\u00a0", "\u3000"):
        for n in (1, 2, 3, 4, 7, 8, 16, 33):
            yield f"x{space * n}y{space * n}"
            yield f"{space * n}1"
    yield from (
        "a \n b",
        "a\n \nb",
        "a \t \r\n\r\n  b",
        "\n\n\n  if x:\n\n      y\n",
        "x  \n\n\n\n",
    )


def _beside_special_tokens(tokens: Sequence[str]) -> Iterator[str]:
    for token in tokens:
        yield f"{token}x = 1{token}\n{token} y{token}{token}"
    yield "".join(tokens)
    yield "user\n".join(tokens)
    yield "<|no_token|> <| im_start |> [PAD] <s </s ><unk <0x0A> <0xE2>"


def _random_texts(chance: random.Random) -> Iterator[str]:
    for _ in range(150):
        letters = []
        for _ in range(chance.randint(1, 40)):
            low, high = chance.choice(_RANGES)
            letters.append(chr(chance.randint(low, high)) * chance.choice((1, 1, 1, 2, 5)))
        yield "".join(letters)
    for _ in range(50):  # bytes that are mostly not UTF-8
        yield chance.randbytes(chance.randint(1, 60)).decode("utf-8", "replace")
    for _ in range(50):
        yield "".join(chance.choice("ab1 \n\t.'_AÉ中") for _ in range(chance.randint(1, 50)))
