"""The gallery: every component of the kit on the content of a small software company.

A test renders it and axe reads it; whoever changes a component looks at it here first.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup

from tercet.kit import charts, money, shell, tables
from tercet.kit.dates import period_of

NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Deal:
    name: str
    company: str
    stage: str
    tone: str
    minor: int
    owner: str
    closes_on: date | None
    product: str

    @property
    def url(self) -> str:
        return f"/quay/deals/{abs(hash(self.name)) % 1000}"


DEALS = [
    Deal(
        "Harbour rollout, 40 seats",
        "Nordlicht Logistik",
        "Negotiation",
        "warn",
        4_800_000,
        "Maren Vogt",
        date(2026, 11, 27),
        "Berth Pro",
    ),
    Deal(
        "Renewal 2027",
        "Kestrel Freight",
        "Won",
        "good",
        1_260_000,
        "Tomás Ruiz",
        date(2026, 11, 12),
        "Berth",
    ),
    Deal(
        "Customs add-on",
        "Aalto Shipping",
        "Qualified",
        "info",
        385_000,
        "Priya Nair",
        date(2026, 12, 4),
        "Customs",
    ),
    Deal(
        "Pilot for two terminals",
        "Brückner Häfen",
        "Proposal",
        "info",
        2_150_050,
        "Maren Vogt",
        None,
        "Berth Pro",
    ),
    Deal(
        "Yard planning, phase one",
        "Port of Vells",
        "Lost",
        "bad",
        7_400_000,
        "Ines Okafor",
        date(2026, 10, 30),
        "Yard",
    ),
    Deal(
        "API access for the TMS",
        "Delta Haul",
        "Qualified",
        "info",
        96_000,
        "Tomás Ruiz",
        date(2026, 12, 18),
        "Berth",
    ),
    Deal(
        "Upgrade to Pro",
        "Seabright Cold Chain",
        "Negotiation",
        "warn",
        1_820_000,
        "Jonas Weil",
        date(2026, 11, 20),
        "Berth Pro",
    ),
]


def context() -> dict[str, Any]:
    return {
        "shell": _shell(),
        "toasts": [],
        "member": None,
        "workspace": None,
        "csrf_input": Markup('<input type="hidden" name="csrfmiddlewaretoken" value="x">'),
        "csrf_token": "x",
        "page": deals_page(),
        "no_deals": deals_page(rows=[]),
        "deal": DEALS[0],
        "quarter": period_of(NOW.date(), "quarter", fiscal_start=2).previous,
        "funnel": _funnel(),
        "bridge": _bridge(),
        "weeks": _weeks(),
        "spark": charts.Spark([31, 28, 35, 33, 41, 38, 44, 52, 49, 57]),
        "reply_times": charts.Spark([9, 8, 11, 10, 14, 13, 17, 19, 22, 21]),
        "origins": ORIGINS,
        "happened": HAPPENED,
        "imports": IMPORTS,
        "now": NOW,
    }


def deals_page(rows: list[Deal] | None = None) -> tables.TablePage:
    columns = [
        tables.Column("name", "Deal", sort="name", link=lambda deal: deal.url),
        tables.Column("company", "Company", sort="company"),
        tables.Column("stage", "Stage"),
        tables.Column("product", "Product"),
        tables.Column("owner", "Owner", is_person=True),
        tables.Column("closes_on", "Closes", sort="closes_on"),
        tables.Column("minor", "Amount", sort="minor", is_number=True, cell=_amount),
    ]
    heads = [
        tables.Head(c, "?sort=" + c.name if c.sort else "", _direction(c.name)) for c in columns
    ]
    stages = [
        (word.lower(), word) for word in ("Qualified", "Proposal", "Negotiation", "Won", "Lost")
    ]
    stage = tables.Filter("stage", "Stage", "choice", "stage", options=stages)
    closes = tables.Filter("closes", "Closes", "daterange", "closes_on")
    mine = tables.Filter("open", "Open", "bool", "is_open")
    rows = DEALS if rows is None else rows
    return tables.TablePage(
        heads=heads,
        rows=rows,
        filters=[
            tables.Chosen(stage, stages, ["negotiation", "won"], {"stage": ["negotiation", "won"]}),
            tables.Chosen(closes, [], (None, None)),
            tables.Chosen(mine, []),
        ],
        sort="-minor",
        q="",
        has_search=True,
        count=len(rows) and 8_800,
        is_more_than_counted=False,
        previous_url="",
        next_url="?after=x",
        clear_url="?",
        csv_url="?format=csv",
        chips=[tables.Chip("Stage: Negotiation, Won", "?")],
        kept={},
        without_names=False,
    )


def _amount(deal: Deal) -> str:
    return money.show_money(deal.minor, "EUR", decimals=True)


def _direction(name: str) -> str:
    return "descending" if name == "minor" else "none"


def _shell() -> shell.Shell:
    link = shell.Link
    return shell.Shell(
        name="Quay",
        home_url="/quay/",
        nav=[
            ("Every day", [
                link("house", "My week", "/quay/week", badge=4, key="w"),
                link("calendar-days", "Monday", "/quay/monday", key="m"),
                link("inbox", "Waiting for me", "/quay/waiting", badge=12, key="i"),
            ]),
            ("Customers", [
                link("building-2", "Companies", "/quay/companies", key="c"),
                link("users", "Contacts", "/quay/contacts"),
                link("handshake", "Deals", "/quay/deals", key="d"),
            ]),
            ("Revenue", [
                link("funnel", "Funnel", "/quay/funnel", current=True, key="f"),
                link("scale", "Why it moved", "/quay/bridge", key="b"),
                link("timer", "Service level", "/quay/service"),
                link("database", "Data health", "/quay/health", badge=31),
            ]),
            ("Workspace", [
                link("file-up", "Imports", "/quay/imports"),
                link("users-round", "People", "/quay/people"),
                link("settings", "Settings", "/quay/settings"),
            ]),
        ],
        workspaces=[
            link("flask-conical", "Quay", "/quay/", current=True),
            link("building-2", "Mill", "/mill/"),
        ],
        search_url="/quay/search",
        palette_url="/quay/palette",
        bell=shell.Bell("/quay/notices", 3),
        user_name="Ada Lind",
        user_detail="Administrator",
        user_links=[link("user-cog", "Your account", "/account")],
        sign_out_url="/sign-out",
        demo=shell.DemoBadge("Demo data · 16 Nov 2026", "/start", "Start with my data"),
    )  # fmt: skip


def _funnel() -> charts.Funnel:
    return charts.Funnel([
        charts.Step("Leads", 1600, url="/quay/leads"),
        charts.Step("Followed up", 1144, 0.715, 0.6924, 0.7366),
        charts.Step("Accepted", 720, 0.6294, 0.601, 0.6569),
        charts.Step("Deal opened", 409, 0.5681, 0.5316, 0.6038),
        charts.Step("Won", 158, 0.3863, 0.3404, 0.4343),
    ])  # fmt: skip


def _bridge() -> charts.Waterfall:
    part = charts.Part
    return charts.Waterfall(
        part("Won in Q2 2026", 2_160_000, "€2,160,000"),
        [
            part("Leads", 126_208.5, "+€126,209", 88_000, 165_000, "88,000 to 165,000"),
            part("Lead mix", -340_992.4, "−€340,992", -398_000, -281_000, "−398,000 to −281,000"),
            part("Follow-up", -312_177.5, "−€312,178", -371_000, -254_000, "−371,000 to −254,000"),
            part("Acceptance", 13_075.4, "+€13,075", -41_000, 69_000, "−41,000 to 69,000"),
            part("Closing", 261_577.8, "+€261,578", -28_000, 548_000, "−28,000 to 548,000"),
            part("Deal value", -169_691.8, "−€169,692", -301_000, -44_000, "−301,000 to −44,000"),
        ],
        part("Won in Q3 2026", 1_738_000, "€1,738,000"),
    )


def _weeks() -> charts.Columns:
    values = [118, 131, 122, 140, 128, 109, 117, 95, 121, 136, 125, 133, 125]
    columns = [
        charts.Column(f"W{32 + i}", value, str(value), is_marked=i == len(values) - 1)
        for i, value in enumerate(values)
    ]
    return charts.Columns(columns, ticks=[(50, "50"), (100, "100"), (150, "150")])


ORIGINS = [
    {"label": "Demo request", "share": 0.30, "shown": "30%"},
    {"label": "Webinar", "share": 0.30, "shown": "30%"},
    {"label": "Paid content", "share": 0.40, "shown": "40%"},
]
HAPPENED = [
    {"who": "Maren Vogt", "what": "moved Harbour rollout to Negotiation", "when": "25 min ago"},
    {
        "who": "Priya Nair",
        "what": "added what the customer said",
        "detail": "Without customs we would keep the old system next to yours.",
        "when": "Yesterday, 16:40",
    },
    {
        "icon": "file-up",
        "what": "HubSpot deals: 312 new, 41 changed, 3 refused",
        "when": "13 Nov 2026",
    },
    {"who": "Tomás Ruiz", "what": "won Renewal 2027 with Kestrel Freight", "when": "12 Nov 2026"},
]
IMPORTS = [
    {
        "value": "hubspot",
        "label": "HubSpot export",
        "hint": "Contacts or deals, as CSV or XLSX",
        "icon": "file-spreadsheet",
    },
    {
        "value": "salesforce",
        "label": "Salesforce report",
        "hint": "Leads, opportunities, history",
        "icon": "database",
    },
    {
        "value": "table",
        "label": "Another table",
        "hint": "You match the columns",
        "icon": "table-2",
    },
]
