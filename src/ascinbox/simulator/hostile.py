"""Texts that real customers or attackers could write and that break careless programs."""

from __future__ import annotations

HOSTILE: tuple[tuple[str, str, str], ...] = (
    (
        "[/red] markup [bold]",
        "Broken [/red] tags and [link=https://evil.example]a link[/link] [/]",
        "[b]ob[/b]",
    ),
    ("[@click=app.quit]tap[/]", "[@click=app.bell]ring[/@click] and [$primary]colour[/]", "click_me"),
    (
        "Clipboard \x1b]52;c;ZXZpbA==\x07",
        "An OSC 52 sequence \x1b]52;c;cm0gLXJmIH4=\x1b\\ in the body.",
        "osc52",
    ),
    (
        "\x1b[31mRed\x1b[0m title",
        "Clears \x1b[2J\x1b[H the screen \x1b[?1049h and hides \x1b[?25l it.",
        "esc\x1b[1m",
    ),
    ("C1 \x9b31mcontrols\x9c", "\x9d0;owned\x9c \x90q#0\x9c \x85next line \x84index", "c1\x9b7m"),
    (
        "Title \u202egnp.exe",
        "Left \u202dto\u202c right \u2066isolate\u2069 \u200fand\u200e marks \u061c.",
        "\u202eabc",
    ),
    ("Family 👨‍👩‍👧‍👦 review ❤️", "👩🏽‍🚀🏳️‍🌈 5️⃣ stars 🇩🇪🇯🇵 and a heart ❤️ and ☺︎ text style", "👨‍👩‍👧‍👦"),
    ("تطبيق رائع 5.2", "النص العربي مع English في الوسط و 123 أرقام (أقواس).", "محمد ‏علي"),
    ("Lone \ud83d surrogate", "High \ud800 and low \udfff without partner \udc80.", "half\ud83d"),
    ("NUL \x00 inside", "before\x00after \x01\x02\x03\x04\x05\x06\x0e\x1f\x7f end", "nul\x00l"),
    ("Very long", "This sentence goes on and on about tides. " * 120, "novelist"),
    ("One long word", "A" * 5000, "w" * 300),
    ("Two thousand lines", "\n" * 2000 + "the end", "return_key"),
    ("=cmd|'/c calc'!A0", '=HYPERLINK("http://evil.example","click")\n+1+1\n-2\n@SUM(A1)', "=1+1"),
    ("+49 170 1234567", "\t=tab first\r\n-dash second\r@at third", "@admin"),
    ("", "Only a body, no title.", "untitled"),
    ("Only a title", "", ""),
    ("   ", " \u00a0\u2003\u200b\ufeff ", " "),
    ("Zalgo t̸̢̛̗e̷̡̛x̶̧̛t̵̨", "Z̴̛͉a̸̢͝l̷̡̛g̵̨̛o̶̡͠ " * 40, "z̷a̴l̸g̵o"),
    (
        "Line\u2028separator",
        "paragraph\u2029separator \x0b vertical \x0c form feed \r\n windows \r mac",
        "crlf",
    ),
    (
        "%s %d %n {0} {nickname}",
        "${jndi:ldap://x} {{7*7}} `rm -rf ~` $(id) '; DROP TABLE reviews;--",
        "{nickname}",
    ),
    ("全角ＡＢＣ　ｶﾀｶﾅ", "幅の広い文字と半角ｶﾅと絵文字👍🏿が混ざる行。" * 20, "ﾊﾝｶｸ"),
    ("Combining", "e\u0301 vs \u00e9, \u1100\u1161\u11a8 vs \uac01, \u0000\u0301", "cafe\u0301"),
    ("<script>alert(1)</script>", "<b>&amp;&lt;</b> </textarea><img src=x onerror=alert(1)>", "&nbsp;"),
    (
        "\U000e0041\U000e0042 tags",
        "Tag characters \U000e0001\U000e0065\U000e006e and \ufff9anno\ufffatation\ufffb",
        "\ufffd",
    ),
)
"""Title, body, nickname."""
