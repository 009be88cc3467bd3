"""The reviews that the demo shows by name: who wrote what, where, when, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One designed review."""

    slug: str
    """Its name in the demo's script."""
    app: str
    stars: int
    territory: str
    hours: float
    """Age at the demo's start."""
    nickname: str
    title: str
    body: str
    reply: str = ""
    reply_hours: float = 0.0
    """How long ago the reply was written."""
    pending: bool = False
    before: tuple[int, str, str] | None = None
    """Rating, title and body that the customer replaced `changed_hours` ago."""
    changed_hours: float = 0.0


TIDE, HABIT, MOON, BAKERY = "Tide Clock", "HabitGarden", "Moon Diary", "PixelBakery"

NEEDS_REPLY: tuple[Row, ...] = (
    Row(
        "changed-de", TIDE, 1, "DEU", 13 * 24 + 5, "maxi_b", "Stürzt beim Start ab",
        "Seit dem Update auf 5.2 kann ich die App nicht mehr öffnen. Sie stürzt direkt nach dem Startbild "
        "ab. iPhone 12, neu installiert, kein Unterschied. Früher 5 Sterne, jetzt leider nur noch einer.",
        reply="Danke für den Hinweis, wir prüfen das und melden uns mit dem nächsten Update.",
        reply_hours=10 * 24 + 2,
        before=(2, "Lädt sehr langsam", "Dauert ewig bis die Karte da ist."),
        changed_hours=3 * 24 + 1,
    ),
    Row("crash-us", TIDE, 1, "USA", 12 * 24 + 7, "harbor_hank", "Crashes on launch since 5.2",
        "Every time I open the app it closes again after two seconds. Reinstalled twice. "
        "I need the tides for work."),
    Row("launch-jp", TIDE, 2, "JPN", 11 * 24 + 3, "umi1985", "起動しない",
        "アップデート後に落ちます。直してください。海に出る前に使えないと困ります。"),
    Row("billed-us", HABIT, 1, "USA", 9 * 24 + 6, "kate.runner", "Charged twice",
        "I bought the yearly plan and was billed again a week later. Restoring the purchase finds nothing."),
    Row("slow-sa", HABIT, 1, "SAU", 8 * 24 + 4, "نور_sa", "بطيء جدا", "التطبيق بطيء منذ التحديث الأخير"),
    Row("export-br", HABIT, 3, "BRA", 6 * 24 + 8, "bia_rj", "Ótimo app mas trava",
        "Gosto muito, porém quando tento exportar meus hábitos o app trava e preciso começar de novo."),
    Row("widget-gb", HABIT, 2, "GBR", 5 * 24 + 5, "theo_uk", "Widget never refreshes",
        "The widget shows yesterday until I open the app. Tried removing and adding it again."),
    Row("progress-us", BAKERY, 1, "USA", 4 * 24 + 6, "cupcake_zoe", "Lost all my progress",
        "After restoring from iCloud my bakery is empty. Three months of recipes are gone, "
        "and so are the coins."),
    Row("dark-fr", BAKERY, 4, "FRA", 2 * 24 + 9, "camille_75", "Presque parfait",
        "Il manque seulement un mode sombre et le son des cloches, sinon c'est une petite merveille."),
    Row("harbor-us", TIDE, 1, "USA", 2 * 24 + 2, "sail4fun", "Useless now",
        "Subscription but no tide data for my harbor since Monday. Yellow banner, nothing else."),
    Row("question-nl", MOON, 5, "NLD", 1 * 24 + 8, "fleur_aan_zee", "Top app",
        "Vraag: komt er een widget voor het slotscherm? Verder elke avond in gebruik."),
    Row("open-it", MOON, 2, "ITA", 1 * 24 + 3, "gaia_mi", "Non si apre",
        "Dopo l'aggiornamento resta sulla schermata iniziale. iPhone 13, riavviato più volte."),
    Row("ads-us", HABIT, 1, "USA", 20.4, "dad_of_3", "Ads ads ads",
        "Paid for premium and still see ads every time I water a plant. Support sent me a bot."),
    Row("battery-ca", TIDE, 3, "CAN", 9.3, "nova_scotia", "Good but battery",
        "Drains 20% overnight when the alarm is set. Lovely design otherwise."),
    Row("same-us", TIDE, 1, "USA", 2.4, "beachdog", "Crash", "Same crash as everyone."),
    Row("wrong-gb", TIDE, 2, "GBR", 1.75, "cornishpasty", "Times an hour out",
        "High water is shown an hour late since the clocks changed."),
    Row("login-us", HABIT, 2, "USA", 1.65, "momo_k", "Logged out",
        "It logs me out every night and forgets my streak."),
    Row("ja-watch", TIDE, 4, "JPN", 1.6, "haru_jp", "時計にも欲しい",
        "とても便利です。Apple Watchにも対応してください。"),
    Row("bread-de", BAKERY, 3, "DEU", 1.55, "brotzeit", "Nett, aber laut",
        "Schönes Spiel, nur lässt sich die Musik nicht abschalten."),
    Row(
        "changed-us", HABIT, 1, "USA", 1.5, "ruth_nyc", "Still broken",
        "You said it was fixed. I updated and the reminders are still gone.",
        reply="Thanks, Ruth! Reminders are back in 3.4, which is out since this morning.",
        reply_hours=1.3, before=(3, "Reminders stopped", "They stopped last week."), changed_hours=0.8,
    ),
    Row("es-tides", TIDE, 4, "ESP", 1.4, "lola_mar", "Casi perfecta",
        "Falta mi puerto, Cudillero. Lo demás, de lujo."),
    Row("us-ipad", TIDE, 3, "USA", 1.2, "captain_lu", "iPad still upside down",
        "Great on the phone. On the iPad it will not rotate in the mount."),
    Row("gb-widget", HABIT, 3, "GBR", 1.1, "liam_m", "Nearly there",
        "The widget is lovely but two taps slower than before."),
    Row("kr-login", TIDE, 2, "KOR", 1.0, "바다_kr", "실행이 느려요",
        "업데이트 후 첫 화면이 나올 때까지 20초 걸립니다."),
    Row("us-thanks", TIDE, 5, "USA", 0.9, "tidepool_tom", "Best tide app",
        "Question: can I share a spot with my pool? Would pay for that."),
    Row(
        "changed-jp", TIDE, 2, "JPN", 0.85, "sora_t", "まだ落ちます",
        "返信ありがとうございます。更新しましたがまだ落ちます。",
        reply="ご連絡ありがとうございます。5.2.1で修正しました。", reply_hours=0.6,
        before=(1, "落ちる", "開くとすぐ落ちます。"), changed_hours=0.4,
    ),
    Row("de-danke", HABIT, 5, "DEU", 0.75, "greta_hh", "Mein Garten wächst",
        "Wunsch: Erinnerungen nur an Werktagen. Sonst perfekt."),
    Row("ch-export", TIDE, 4, "CHE", 0.65, "seebueb", "Sehr gut",
        "Bitte noch einen Export als Kalender, dann fünf Sterne."),
    Row("us-restore", BAKERY, 1, "USA", 0.55, "pixelpie", "Purchase gone",
        "New phone, coins gone, restore does nothing."),
    Row("jp-font", HABIT, 3, "JPN", 0.45, "みかん22", "文字が小さい",
        "文字の大きさを変えられるようにしてください。"),
    Row("gb-refund", TIDE, 1, "GBR", 0.35, "grumpy_gull", "Want my money back",
        "Paid this morning, crashed ever since."),
    Row("de-sync", HABIT, 2, "DEU", 0.25, "nils_77", "Abgleich hängt",
        "iPad und iPhone zeigen verschiedene Pflanzen."),
    Row("se-like", BAKERY, 4, "SWE", 0.15, "saga_bakar", "Mysigt", "Kan man få svenska kanelbullar?"),
    Row("au-crash", TIDE, 1, "AUS", 0.1, "bondi_ben", "Crash crash crash",
        "Every launch since 5.2. Please fix before the weekend swell."),
)  # fmt: skip
"""34 of the 37, oldest first: 16, 11, 2 and 5 of the four apps; 12, 8, 6, 5 and 3 of one to five stars."""

AT_APPLE: tuple[Row, ...] = (
    Row("pending-fr", BAKERY, 4, "FRA", 3 * 24 + 1, "remi_33", "Presque parfait",
        "Très joli, mais le mode sombre manque encore et le texte est un peu petit.",
        reply="Merci beaucoup ! Le mode sombre arrive avec la version 2.8, avant Noël.",
        reply_hours=6.1, pending=True),
    Row("pending-us", HABIT, 1, "USA", 4 * 24 + 2, "omar2011", "Charged twice",
        "Two receipts for one month. Please return one.",
        reply="Hello, that should not happen. Apple refunds the second charge at reportaproblem.apple.com; "
        "we have sent them our side of it.", reply_hours=9.2, pending=True),
    Row("public-us", TIDE, 2, "USA", 2 * 24 + 5, "dune_walker", "Crashing",
        "Crashes when I tap a station.",
        reply="Hi dune_walker, 5.2.1 fixes the crash on stations. Thank you for your patience!",
        reply_hours=17.0),
    Row("public-de", TIDE, 4, "DEU", 1 * 24 + 6, "deichkind88", "Richtig gut",
        "Nur der Absturz gestern hat genervt.",
        reply="Danke, deichkind88! Der Absturz ist in 5.2.1 behoben.", reply_hours=21.0),
)  # fmt: skip
"""Answered lately by hand: two wait for Apple, two are public."""

QUEUED = Row(
    "queued-us", TIDE, 1, "USA", 12 * 24 + 3, "sam_t", "Crashes on launch since 5.2",
    "Opens, shows the logo, closes. Every single time since the update.",
)  # fmt: skip
"""Its answer is in the outbox when the demo starts."""

SNOOZED: tuple[Row, ...] = (
    Row("snoozed-1", TIDE, 3, "USA", 15 * 24 + 2, "lobsterboy", "Add my station", "Please add Bar Harbor."),
    Row(
        "snoozed-2",
        HABIT,
        4,
        "DEU",
        17 * 24 + 5,
        "uta_k",
        "Fast perfekt",
        "Mir fehlt nur eine Wochenansicht.",
    ),
    Row(
        "snoozed-3",
        BAKERY,
        3,
        "GBR",
        19 * 24 + 1,
        "scone_fan",
        "More levels",
        "Finished it in a week. More, please.",
    ),
    Row(
        "snoozed-4",
        TIDE,
        2,
        "FRA",
        21 * 24 + 7,
        "yann_bzh",
        "Port manquant",
        "Douarnenez a disparu de la liste.",
    ),
    Row("snoozed-5", MOON, 4, "JPN", 24 * 24 + 3, "tsuki_no", "満月の通知", "満月の前日に通知が欲しいです。"),
)
"""Put off until later."""

RIVAL_HELD = (
    "Hello! Please enable Background App Refresh in Settings > General. "
    "If that does not help: help@habit.example."
)
"""What a teammate answered on the web to `widget-gb` while our reply was being written."""

RIVAL_LATER = "Hi! Please write to help@habit.example and we will switch the ads off for you."
"""What a teammate answers to `ads-us` while the demo's user writes."""


@dataclass(frozen=True, slots=True)
class PlayRow:
    """One designed review on Google Play, which tells language and device, and no territory or title."""

    slug: str
    stars: int
    language: str
    hours: float
    """Age at the demo's start."""
    nickname: str
    device: str
    body: str
    reply: str = ""


PLAY_NEEDS_REPLY: tuple[PlayRow, ...] = (
    PlayRow("map-us", 1, "en", 1.9, "Kelp Forest", "oriole", "The map stays grey since this morning."),
    PlayRow("alarm-de", 2, "de", 1.8, "Ole Segler", "a52q",
            "Der Hochwasser-Alarm kam heute gar nicht. Mitteilungen sind erlaubt."),
    PlayRow("abo-de", 1, "de", 1.3, "Fischkopp", "panther",
            "Bezahlt und trotzdem seit zwei Tagen keine Gezeiten für Büsum."),
)  # fmt: skip
"""The other three of the 37."""

PLAY_ANSWERED: tuple[PlayRow, ...] = (
    PlayRow("widget-fr", 5, "fr", 20.0, "Maëlle", "coral", "Le widget est parfait pour le bateau.",
            "Merci Maëlle, bon vent !"),
    PlayRow("offline-us", 4, "en", 41.0, "Skipper Dan", "oriole", "Works offline at last. Charts are slow.",
            "Thank you, Dan! Charts load faster in 5.2.1."),
    PlayRow("boje-de", 3, "de", 66.0, "Jule", "beyond1", "Die Boje vor Helgoland fehlt.",
            "Danke, Jule. Die Boje ist seit gestern wieder da."),
    PlayRow("clock-es", 5, "es", 90.0, "Nuria", "taro", "La mejor app de mareas.", "¡Gracias, Nuria!"),
    PlayRow("crash-it", 2, "it", 118.0, "Gio", "kona", "Si chiude quando cambio porto.",
            "Ciao Gio, è risolto nella 5.2.1."),
)  # fmt: skip
"""Answered in Play Console in the last week."""
