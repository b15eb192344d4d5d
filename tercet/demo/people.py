"""The sixty people of Quay, their teams, and the two salespeople who left."""

from __future__ import annotations

import unicodedata
from datetime import date
from functools import cache

from tercet.demo.rows import Owner, Person, Team

# team, function, then "name, title" with the team's lead first
_TEAMS: list[tuple[str, str, list[str]]] = [
    ("Product", "product", [
        "Matteo Ricciardi, Head of product", "Ingrid Solheim, Product manager",
        "Tomasz Wolański, Product manager", "Clara Weidner, Product marketing manager",
        "Elif Arslan, Designer", "Joris van Aalst, Researcher"]),
    ("Demand", "marketing", [
        "Helena Brandt, Head of marketing", "Rui Carvalhal, Campaign manager",
        "Annika Sjödin, Events manager", "Pavel Hradil, Marketing operations",
        "Niamh Corrigan, Paid media manager"]),
    ("Brand and content", "marketing", [
        "Sofia Lindgaard, Brand lead", "Émile Garnier, Editor", "Dora Vukelić, Designer"]),
    ("Sales lead", "sales", [
        "Stefan Ackermann, Head of sales", "Mirela Ionașcu, Solutions engineer"]),
    ("Sales North", "sales", [
        "Katarzyna Zielska, Sales lead", "Ana Kovač, Account executive",
        "Lars Holmqvist, Account executive", "Femke de Wit, Account executive",
        "Oisín Gallagher, Account executive", "Aino Rantala, Account executive",
        "Björn Einarsson, Account executive"]),
    ("Sales South", "sales", [
        "Giulia Montanari, Sales lead", "Diego Valcárcel, Account executive",
        "Marta Ferreirinha, Account executive", "Nikos Papadakis, Account executive",
        "Zsófia Kertész, Account executive", "Luc Delcourt, Account executive",
        "Teodora Manolova, Account executive"]),
    ("Customer success", "service", [
        "Birgit Hallström, Head of service", "Hugo Peeters, Customer success manager",
        "Milena Stojković, Customer success manager", "Carmen Olivares, Customer success manager",
        "Anders Kjærgaard, Customer success manager"]),
    ("Support", "service", [
        "Jana Dvořáčková, Support lead", "Tiago Moreirinho, Support engineer",
        "Saoirse Brennan, Support engineer", "Kārlis Ozoliņš, Support engineer",
        "Yvette Moreaux, Support engineer"]),
    ("Platform", "engineering", [
        "Henrik Dahlgren, Head of engineering", "Ewa Sadowska, Engineer",
        "Florin Dumitrache, Engineer", "Marit Øverland, Engineer", "Bastian Krüger, Engineer",
        "Ivo Tadić, Engineer"]),
    ("Apps", "engineering", [
        "Nadia Benhaddou, Engineering lead", "Ruben Castellanos, Engineer",
        "Liisa Tamm, Engineer", "Gergő Farkasházi, Engineer", "Paula Schreiner, Engineer",
        "Cillian Moran, Engineer"]),
    ("Company", "operations", [
        "Margarethe Lindemann, Chief executive", "Viktor Sedláček, Head of operations",
        "Olga Petrauskaitė, Systems administrator"]),
    ("Revenue operations", "operations", [
        "Rasmus Thygesen, Revenue operations", "Chiara Bellandi, Data analyst"]),
    ("Finance", "finance", [
        "Walter Hofstätter, Head of finance", "Agnieszka Rybak, Controller",
        "Simone Vaudrey, Billing"]),
]  # fmt: skip

LEFT = {"Sales North": "Jonas Ebeling", "Sales South": "Valeria Santangelo"}

PERSONAS = {
    "rep": "Ana Kovač",
    "sales_head": "Stefan Ackermann",
    "marketing_head": "Helena Brandt",
    "product_head": "Matteo Ricciardi",
    "revenue_operations": "Rasmus Thygesen",
    "administrator": "Olga Petrauskaitė",
}
ANA = PERSONAS["rep"]
# Letters that decomposing does not turn into plain ones.
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "ł": "l", "đ": "d"})


@cache
def people() -> tuple[Person, ...]:
    """All who work at Quay on the last day, each team's lead first."""
    return tuple(
        _person(entry, team, function) for team, function, all_ in _TEAMS for entry in all_
    )


def _person(entry: str, team: str, function: str) -> Person:
    name, title = entry.split(", ")
    persona = next((key for key, who in PERSONAS.items() if who == name), "")
    return Person(name, mail(name), function, team, title, _role(title, persona), persona)


def _role(title: str, persona: str) -> str:
    if persona in ("administrator", "revenue_operations"):
        return "admin"
    if "ead" in title or "Chief" in title or "manager" in title or "Controller" in title:
        return "editor"
    return "contributor"


def teams() -> list[Team]:
    return [Team(team, function, mail(all_[0].split(", ")[0])) for team, function, all_ in _TEAMS]


def owners(left_on: date) -> list[Owner]:
    """Sales and service as the CRM lists them, with the two who left."""
    leads = {team.name: team.lead for team in teams()}
    here: list[tuple[str, str, date | None]] = [
        (p.name, p.team, None) for p in people() if p.function in ("sales", "service")
    ]
    gone: list[tuple[str, str, date | None]] = [
        (name, team, left_on) for team, name in LEFT.items()
    ]
    operations: list[tuple[str, str, date | None]] = [
        (PERSONAS["revenue_operations"], "Revenue operations", None)
    ]
    return [
        Owner(f"U-{n:03}", name, mail(name), team, _manager(name, leads[team]), left)
        for n, (name, team, left) in enumerate(here + gone + operations, start=1)
    ]


def _manager(name: str, lead: str) -> str:
    heads = {"Sales North", "Sales South"}
    if lead != mail(name):
        return lead
    sales_leads = {team.lead for team in teams() if team.name in heads}
    return mail(PERSONAS["sales_head"]) if lead in sales_leads else ""


@cache
def reps() -> tuple[str, ...]:
    """The names of those to whom leads are routed, the two who left last."""
    here = [p.name for p in people() if p.title == "Account executive"]
    return (*here, *LEFT.values())


def success_managers() -> list[str]:
    return [p.name for p in people() if p.title == "Customer success manager"]


def mail(name: str) -> str:
    return f"{plain(name).replace(' ', '.')}@quay.example"


@cache
def plain(text: str) -> str:
    """Lower-case letters of the plain alphabet, spaces kept."""
    letters = unicodedata.normalize("NFKD", text.lower().translate(_PLAIN))
    return "".join(c for c in letters if c.isascii() and (c.isalpha() or c == " "))
