"""Invented companies and people. A stem is made of parts, so no name is anybody's."""

from __future__ import annotations

from random import Random

from tercet.demo.people import plain

_ONSETS = (
    "Bal Bren Cal Corv Dal Dorn El Falk Ferr Gal Grav Hal Hest Il Jor Kal Kest Lav Lind Lor Mar"
    " Mel Mor Nal Nerv Ol Orv Pal Pell Quen Rav Roth Sal Selv Stav Tal Torv Ul Val Verm Vil Wern"
    " Yr Zel Arv Bold Cest Drev Fenn Gond Herv Isk Jant Kolv Lund Mirv Nost Ostr Prin Rusk Sorr"
    " Trev"
).split()
_ENDINGS = (
    "aby adric akko alune anthe arvo asker avik edda elmo enka erith estra evar ibel idane ikka"
    " abrin amoor eddin embry ilvane ondry umbry imar indor irvo isken omira onde orvik osta"
    " ovane ulde umero unna urin ustad yrra"
).split()
SECTORS = {
    "Logistics": ("Logistics", "Freight", "Transport"),
    "Manufacturing": ("Works", "Machines", "Components"),
    "Retail": ("Stores", "Trading", "Home"),
    "Health": ("Clinics", "Care", "Diagnostics"),
    "Energy": ("Energy", "Grid", "Solar"),
    "Food": ("Foods", "Bakeries", "Dairy"),
    "Finance": ("Insurance", "Leasing", "Savings"),
    "Software": ("Software", "Systems", "Cloud"),
    "Construction": ("Build", "Timber", "Interiors"),
    "Education": ("Learning", "Academy", "Press"),
}
COUNTRIES = ("DE", "AT", "CH", "NL", "FR", "ES", "IT", "PL", "SE", "DK", "IE", "CZ", "PT", "FI")
PREFIXES = dict(
    zip(
        COUNTRIES,
        "49 43 41 31 33 34 39 48 46 45 353 420 351 358".split(),
        strict=True,
    )
)
_FIRST = (
    "Adrian Agnes Alba Aleš Alina Amalia Andrea Anton Anouk Arne Astrid Beatriz Bence Benedikt"
    " Bogdan Camille Carla Casper Cecilia Chloé Cosima Dagny Damir David Delphine Dominik Edith"
    " Eirik Elena Elin Emil Enzo Erika Esben Eszter Fabian Filip Fiona Frida Gabriel Gemma Greta"
    " Gustav Hana Hanne Hedda Ilse Inês Irene Isak Ivana Jakub Janek Jasper Johanna Jorge Judit"
    " Kaja Karl Katja Klara Konrad Lea Leon Lidia Linnea Lorenzo Lucía Ludvig Magda Malin Marco"
    " Marek Margit Marius Mathilde Mikko Mila Nele Nicola Nils Noemi Oda Olivier Oskar Pablo"
    " Patrik Petra Pia Radek Raquel Renata Robin Rosa Sander Sanna Silvia Sverre Tea Theo Tobias"
    " Ulrike Vera Viktoria Vlad Wanda Wim Xenia Ylva Zora Zuzana"
).split()
_LAST = (
    "Abendroth Adamczyk Ahlgren Almeida Andreoli Arnesen Baranov Barthel Beaulieu Benítez"
    " Bergqvist Bianchetti Bjerke Bogaert Bosman Calderón Carlsbro Castagna Cernat Chlebek"
    " Colombani Costigan Dąbek Dankert Delacroix Dragomir Duarte Eklund Engelhardt Eriksmo"
    " Fabbri Falkner Ferenczi Figueira Forsell Gallego Gerstner Girardin Granlund Grześ Haugen"
    " Hegedűs Heikkilä Hollander Hrubý Ibarra Iversen Jankowska Jelinek Kallio Karsten Keller"
    " Kovářík Kranz Kristoff Laurentz Leclair Lindahl Lombardi Lundby Maes Malinowska Marchetti"
    " Matos Meijer Mesić Moldovan Monteiro Nemeth Nieminen Nyberg Obradović Oliveira Ottosen"
    " Pellerin Petrov Pirozzi Popa Quintana Rasmus Reinders Ribeiro Rossmann Sabatini Salgado"
    " Sandvik Schilling Serrano Šimek Sokol Stenberg Szabados Tamminen Teixeira Thorsen Tkacz"
    " Urban Valente Vasile Verhoeven Vesely Vinter Wachter Weiland Wójtowicz Zabala Zeller"
    " Zimmer"
).split()
TITLES = (
    "Head of operations",
    "Operations manager",
    "IT lead",
    "Finance director",
    "Managing director",
    "Process manager",
    "Procurement lead",
    "Team lead",
    "Analyst",
    "Project manager",
)


class Namer:
    """Draws names; never the same company twice, never the same address twice."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._stems = [onset + ending for onset in _ONSETS for ending in _ENDINGS]
        random.shuffle(self._stems)
        self._taken: set[str] = set()

    def company(self) -> tuple[str, str]:
        """A name and its sector."""
        sector = self._random.choice(list(SECTORS))
        stem = self._stems.pop()
        return f"{stem} {self._random.choice(SECTORS[sector])}", sector

    def person(self, domain: str) -> tuple[str, str]:
        """A name and a mail address at the domain."""
        first, last = self._random.choice(_FIRST), self._random.choice(_LAST)
        local = base = f"{plain(first)}.{plain(last)}"
        number = 1
        while f"{local}@{domain}" in self._taken:
            number += 1
            local = f"{base}{number}"
        self._taken.add(f"{local}@{domain}")
        return f"{first} {last}", f"{local}@{domain}"

    def phone(self, country: str) -> str:
        return f"+{PREFIXES[country]} 555 {self._random.randint(100000, 999999)}"


def domain(name: str) -> str:
    return f"{plain(name).replace(' ', '')}.example"
