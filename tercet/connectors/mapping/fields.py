"""The kinds that an import fills, their fields, and the headers under which they are found.

A header synonym is written as people see it; `words` folds case, accents and punctuation away.
Order within a kind matters: of two fields that want one column, the earlier takes it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

TYPES = (
    "text",
    "id",
    "email",
    "domain",
    "date",
    "moment",  # a day, or a day with its time: filled as <field>_on and <field>_at
    "money",  # minor units, with <field>_currency beside it
    "number",
    "integer",
    "boolean",
    "choice",
    "reference",
    "list",
)


@dataclass(frozen=True)
class Field:
    name: str
    type: str
    synonyms: tuple[str, ...] = ()
    is_required: bool = False
    refers_to: str = ""
    choices: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What a cell of this field must hold, in words for the person who mends the file."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        return _EXPECTED[self.type]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that `convert` writes for this field."""
        if self.type == "moment":
            stem = f"{self.name}_" if self.name != "at" else ""
            return (f"{stem}on", f"{stem}at")
        if self.type == "money":
            return (self.name, f"{self.name}_currency")
        return (self.name,)


@dataclass(frozen=True)
class Kind:
    name: str
    noun: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]  # a row is named by the first of these that it has
    file_words: tuple[str, ...] = ()

    def field(self, name: str) -> Field:
        return _by_name(self)[name]

    def has(self, name: str) -> bool:
        return name in _by_name(self)


_EXPECTED = {
    "text": "text",
    "id": "an identifier, as the source wrote it",
    "email": "a mail address",
    "domain": "a web domain such as acme.com",
    "date": "a day between 1970 and 2100",
    "moment": "a day between 1970 and 2100, with or without a time",
    "money": "an amount, such as 1200 or 1,200.00",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "yes or no",
    "choice": "one of the known words",
    "reference": "an identifier or name, as the source wrote it",
    "list": "a list, separated by semicolons",
}


@cache
def _by_name(kind: Kind) -> dict[str, Field]:
    return {field.name: field for field in kind.fields}


@lru_cache(maxsize=20_000)
def words(header: str) -> str:
    """The header as bare words: 'Closed-Won Date' and 'closed_won_date' are the same."""
    split = re.sub(r"([a-zà-ÿ0-9])([A-Z])", r"\1 \2", header)
    folded = unicodedata.normalize("NFKD", split.casefold().replace("ß", "ss"))
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    bare = re.sub(r"__c$|__r$", "", bare)
    return " ".join(re.findall(r"[^\W_]+|%|#", bare))


def _field(name: str, type_: str, synonyms: str = "", **more: object) -> Field:
    names = [name, *synonyms.split("|")] if synonyms else [name]
    found = tuple(dict.fromkeys(words(n) for n in names if n.strip()))
    return Field(name, type_, found, **more)  # type: ignore[arg-type]


_OWNER = (
    "owner name|contact owner|company owner|account owner|lead owner|deal owner|opportunity owner"
    "|owner full name|sales rep|sales agent|account executive|sales owner|rep|salesperson"
    "|hubspot owner|Besitzer|Inhaber|Zuständig|Zuständiger|Verantwortlich|Eigentümer|Betreuer"
    "|Lead-Inhaber|Opportunity-Inhaber|Deal-Inhaber|Kontakt-Inhaber|Vertriebsmitarbeiter"
    "|propriétaire|responsable|commercial|propietario|vendedor|proprietário|responsável"
    "|eigenaar|verantwoordelijke|accountmanager|account manager|assigned to|owner id|ownerid"
    "|hubspot owner id|sr id|responsable commercial|propietario del contacto"
    "|propietario del negocio|proprietário do negócio|dealeigenaar"
)
_OWNER_EMAIL = (
    "owner e-mail|owner email|owner mail|contact owner email|lead owner email|deal owner email"
    "|opportunity owner email|Inhaber E-Mail|e-mail du propriétaire|correo del propietario"
    "|e-mail do proprietário|e-mail eigenaar|sales rep email|rep email"
)
_TEAM = (
    "sales team|owner team|hubspot team|Vertriebsteam|équipe|equipo|equipe|afdeling"
    "|owner role|region|regional office|lead owner team"
)
_CURRENCY = (
    "currency|currency code|currency iso code|deal currency|Währung|devise|moneda|divisa|moeda"
    "|valuta"
    "|opportunity currency|lead currency|deal currency code"
)
_COMPANY = (
    "company name|account|account name|organisation|organization|customer|client|Firma"
    "|Unternehmen|Firmenname|Unternehmensname|Accountname|Kunde|entreprise|société|compte"
    "|nom du compte|nom de l'entreprise|empresa|cuenta|nombre de la cuenta"
    "|nombre de la empresa|conta|nome da empresa|nome da conta|bedrijf|bedrijfsnaam|klant"
    "|accountnaam|associated company|associated company ids|associated company id|account id"
    "|primary associated company id|associated company primary|company id|customer name"
)
_COMPANY_DOMAIN = (
    "company domain name|company domain|email domain|domain|website url|website|web site"
    "|domain name|site web|sitio web|webseite|Domäne"
)
_EMAIL = (
    "e-mail|email address|e-mail address|mail|mail address|work email|E-Mail-Adresse"
    "|adresse e-mail|adresse mail|courriel|correo|correo electrónico|e-mailadres"
    "|endereço de e-mail|contact email|lead email|person email"
)
_SEGMENT = "customer segment|market segment|Segment|segmento|business segment|tier|marktsegment"
_CAMPAIGN = (
    "campaign name|primary campaign source|campaign id|Kampagne|Kampagnenname|campagne"
    "|nom de la campagne|campaña|nombre de la campaña|campanha|campagnenaam|utm campaign"
    "|primary campaign|latest source campaign"
)
_ORIGIN = (
    "source|lead source|original source|origin|channel|Quelle|Leadquelle|Lead-Quelle|Herkunft"
    "|Originalquelle|source du lead|piste source|source d'origine|origine|origen"
    "|fuente|origen del prospecto|fuente original|origem|fonte|origem do lead|bron|leadbron"
    "|oorspronkelijke bron|utm source|analytics source|hs analytics source|deal source"
    "|original traffic source|traffic source|marketing channel|original source type"
)
_LOST_REASON = (
    "lost reason|reason lost|loss reason|closed lost reason|close reason|reason|Verlustgrund"
    "|Grund für Verlust|Ablehnungsgrund|motif de perte|raison de la perte|motivo de pérdida"
    "|motivo da perda|reden verlies|verliesreden|disqualification reason|unqualified reason"
)
_CREATED = (
    "created date|create date|date created|created at|created on|creation date|createdate"
    "|createddate|Erstellt|Erstellt am|Erstelldatum|Erstellungsdatum"
    "|Anlagedatum|date de création|créé le|fecha de creación|fecha de alta|creado"
    "|data de criação|criado em|aanmaakdatum|aangemaakt|aangemaakt op|datum aangemaakt"
    "|lead created|lead date|create time|date added|added"
)
_DELETED = "is deleted|Gelöscht|supprimé|eliminado|excluído|verwijderd|archived|archiviert"
_MERGED_FROM = (
    "merged record ids|merged contact ids|merged object ids|merged company ids|merged deal ids"
    "|hs merged object ids|merged vids|merged ids"
)
_MERGED_INTO = "master record id|masterrecordid|merged into id|merged to|duplicate of|surviving id"

KINDS: dict[str, Kind] = {
    "companies": Kind(
        "companies",
        "company",
        (
            _field(
                "external_id",
                "id",
                "id|company id|account id|record id|hs object id|Firmen-ID|Unternehmens-ID"
                "|ID de entreprise|ID de la empresa|ID da empresa|bedrijfs-ID|customer id"
                "|Datensatz-ID",
            ),
            _field("name", "text", _COMPANY, is_required=True),
            _field("domain", "domain", _COMPANY_DOMAIN),
            _field("segment", "choice", _SEGMENT),
            _field(
                "state",
                "choice",
                "status|customer status|lifecycle stage|account type|type|Lebenszyklusphase"
                "|Kundenstatus|état|estado|staat|account status",
                choices=("prospect", "customer", "former"),
            ),
            _field(
                "annual_value",
                "money",
                "arr|acv|annual contract value|annual recurring revenue|yearly value"
                "|Jahreswert|valeur annuelle|valor anual|jaarwaarde|contract value",
            ),
            _field("annual_value_currency", "text", _CURRENCY),
            _field("owner_email", "email", _OWNER_EMAIL),
            _field("owner", "text", _OWNER),
            _field(
                "parent",
                "reference",
                "parent company|parent account|parent company id|parent account id|parent id"
                "|subsidiary of|Muttergesellschaft|Übergeordneter Account|société mère"
                "|compte principal|empresa matriz|cuenta principal|conta principal"
                "|moederbedrijf|belongs to",
                refers_to="companies",
            ),
            _field(
                "country",
                "text",
                "country region|billing country|office location|Land|Staat|pays|país|pais"
                "|country code|Land Region",
            ),
            _field(
                "employees",
                "integer",
                "number of employees|employee count|headcount|Mitarbeiter|Mitarbeiterzahl"
                "|Anzahl Mitarbeiter|effectif|nombre de salariés|empleados|número de empleados"
                "|funcionários|número de funcionários|medewerkers|aantal medewerkers",
            ),
            _field("sector", "text", "industry|Branche|secteur|sector|setor|industria|branche"),
            _field("merged_from", "list", _MERGED_FROM),
            _field("merged_into", "reference", _MERGED_INTO, refers_to="companies"),
            _field("deleted", "boolean", _DELETED),
        ),
        ("external_id", "name", "domain"),
        ("companies", "company", "accounts", "account", "firmen", "unternehmen", "kunden"),
    ),
    "contacts": Kind(
        "contacts",
        "contact",
        (
            _field(
                "external_id",
                "id",
                "id|contact id|record id|hs object id|vid|Kontakt-ID|ID du contact"
                "|ID del contacto|ID do contato|contact-ID|Datensatz-ID|member id",
            ),
            _field(
                "name",
                "text",
                "full name|contact name|contact|Name|Kontakt|Kontaktname|nom complet|nom du contact"
                "|nombre completo|nome completo|volledige naam|contactpersoon",
            ),
            _field(
                "first_name",
                "text",
                "firstname|given name|Vorname|prénom|nombre|primeiro nome|voornaam|nome",
            ),
            _field(
                "last_name",
                "text",
                "lastname|surname|family name|Nachname|nom|nom de famille|apellido|apellidos"
                "|sobrenome|achternaam",
            ),
            _field("email", "email", _EMAIL),
            _field("company", "reference", _COMPANY, refers_to="companies"),
            _field("company_domain", "domain", _COMPANY_DOMAIN),
            _field(
                "title",
                "text",
                "job title|position|role|Position|Berufsbezeichnung|Jobtitel|poste"
                "|intitulé du poste"
                "|cargo|puesto|functie|functietitel",
            ),
            _field(
                "phone",
                "text",
                "phone number|telephone|mobile phone|Telefon|Telefonnummer|téléphone"
                "|numéro de téléphone|teléfono|número de teléfono|telefone|telefoon"
                "|telefoonnummer",
            ),
            _field("merged_from", "list", _MERGED_FROM),
            _field("merged_into", "reference", _MERGED_INTO, refers_to="contacts"),
            _field("deleted", "boolean", _DELETED),
        ),
        ("external_id", "email", "name"),
        ("contacts", "contact", "kontakte", "people", "contactos", "contatos"),
    ),
    "owners": Kind(
        "owners",
        "owner",
        (
            _field("external_id", "id", "id|owner id|user id|userid|employee id|Benutzer-ID"),
            _field(
                "name",
                "text",
                "full name|user name|username|sales agent|sales rep|employee|agent|user|Name"
                "|Mitarbeiter|nom|nombre|nome|naam|" + _OWNER,
            ),
            _field("email", "email", _EMAIL + "|user email|" + _OWNER_EMAIL),
            _field("team", "text", _TEAM),
            _field(
                "manager",
                "text",
                "manager name|reports to|supervisor|Vorgesetzter|Führungskraft|responsable direct"
                "|gerente|leidinggevende|jefe",
            ),
            _field(
                "left_on",
                "date",
                "left|left on|end date|last day|deactivated on|Ausgetreten|Austritt|Austrittsdatum"
                "|date de départ|fecha de baja|data de saída|uit dienst",
            ),
        ),
        ("external_id", "email", "name"),
        ("owners", "users", "team", "teams", "sales teams", "reps", "agents", "benutzer"),
    ),
    "products": Kind(
        "products",
        "product",
        (
            _field(
                "external_id", "id", "id|product id|sku|product code|Artikelnummer|code produit"
            ),
            _field(
                "name",
                "text",
                "product|product name|Produkt|Produktname|Artikel|produit|nom du produit|producto"
                "|nombre del producto|produto|nome do produto|productnaam|item",
                is_required=True,
            ),
            _field(
                "series",
                "text",
                "product family|family|product line|category|Produktfamilie|Serie|série|gamme"
                "|familia|serie|productlijn",
            ),
            _field(
                "price",
                "money",
                "sales price|list price|unit price|Preis|Listenpreis|prix|precio|preço|prijs",
            ),
            _field("price_currency", "text", _CURRENCY),
        ),
        ("external_id", "name"),
        ("products", "product", "produkte", "artikel", "produits", "productos"),
    ),
    "campaigns": Kind(
        "campaigns",
        "campaign",
        (
            _field("external_id", "id", "id|campaign id|Kampagnen-ID|ID campagne|ID de campaña"),
            _field(
                "name",
                "text",
                "campaign|campaign name|Kampagne|Kampagnenname|campagne|nom de la campagne"
                "|campaña|nombre de la campaña|campanha|nome da campanha|campagnenaam",
                is_required=True,
            ),
            _field(
                "channel",
                "text",
                "campaign type|type|medium|Kanal|Kampagnentyp|canal|kanaal|marketing channel",
            ),
            _field(
                "starts_on",
                "date",
                "start date|starts|start|campaign start date|Startdatum|Beginn|date de début|début"
                "|fecha de inicio|inicio|data de início|início|begindatum",
            ),
            _field(
                "ends_on",
                "date",
                "end date|ends|end|campaign end date|Enddatum|Ende|date de fin|fin|fecha de fin"
                "|data de término|fim|einddatum",
            ),
            _field(
                "cost",
                "money",
                "actual cost|spend|budget|amount spent|budgeted cost|Kosten|Ist-Kosten|coût|coûts"
                "|costo|coste|gasto|custo|kosten|spend amount",
            ),
            _field("cost_currency", "text", _CURRENCY),
        ),
        ("external_id", "name"),
        ("campaigns", "campaign", "kampagnen", "campagnes", "campañas"),
    ),
    "leads": Kind(
        "leads",
        "lead",
        (
            _field(
                "external_id",
                "id",
                "id|lead id|leadid|mql id|record id|hs object id|contact id|Lead-ID|prospect id"
                "|ID du lead|ID de la piste|ID del prospecto|ID do lead|Datensatz-ID",
            ),
            _field(
                "name",
                "text",
                "full name|lead name|lead|prospect|Lead-Name|nom du lead|nombre completo"
                "|nom complet"
                "|nome completo|volledige naam|contact name|Name",
            ),
            _field("email", "email", _EMAIL),
            _field("company", "reference", _COMPANY, refers_to="companies"),
            _field("company_domain", "domain", _COMPANY_DOMAIN),
            _field("origin", "text", _ORIGIN),
            _field("campaign", "reference", _CAMPAIGN, refers_to="campaigns"),
            _field("segment", "choice", _SEGMENT),
            _field("owner_email", "email", _OWNER_EMAIL),
            _field("owner", "text", _OWNER),
            _field("team", "text", _TEAM),
            _field(
                "assigned",
                "moment",
                "assigned date|date assigned|owner assigned date|assignment date|assigned at"
                "|assigned on"
                "|hubspot owner assigneddate|Zugewiesen am|Zuweisungsdatum|date d'attribution"
                "|date d'affectation|fecha de asignación|data de atribuição|toegewezen op"
                "|datum toegewezen",
            ),
            _field(
                "first_contact",
                "moment",
                "first contacted|first contact date|first contacted date|first outreach date"
                "|first response date"
                "|first response|first activity|date of first engagement|first sales touch"
                "|first call date|Erstkontakt|Erster Kontakt|premier contact"
                "|date du premier contact|primer contacto|fecha del primer contacto"
                "|primeiro contato|data do primeiro contato|eerste contact"
                "|sales first engaged date|first engagement date",
            ),
            _field("created", "moment", _CREATED),
            _field(
                "followed_up",
                "boolean",
                "followed up|was followed up|follow up done|contacted|called|Nachgefasst"
                "|Kontaktiert|relancé|contacté|contactado|opgevolgd|number of times contacted"
                "|num contacted notes|times contacted|last contacted|notes last contacted"
                "|number of sales activities|Anzahl der Kontaktaufnahmen|Letzter Kontakt"
                "|dernier contact|último contacto|último contato|laatste contact",
            ),
            _field(
                "accepted",
                "moment",
                "accepted date|date accepted|sales accepted date|sal date|accepted at|accepted on"
                "|became a marketing qualified lead date|mql date|Akzeptiert am|accepté le"
                "|aceptado|fecha de aceptación|data de aceitação|geaccepteerd op",
            ),
            _field(
                "qualified",
                "moment",
                "qualified date|date qualified|sql date|sales qualified date|qualified at"
                "|qualified on"
                "|became a sales qualified lead date|Qualifiziert am|qualifié le"
                "|fecha de calificación|calificado|data de qualificação|gekwalificeerd op",
            ),
            _field(
                "deal",
                "reference",
                "converted opportunity id|opportunity id|converted opportunity|associated deal ids"
                "|associated deal id|deal id|associated deal|Zugehörige Deal-IDs|opportunité"
                "|oportunidad|oportunidade",
                refers_to="deals",
            ),
            _field(
                "lost",
                "moment",
                "lost date|disqualified date|date lost|rejected date|unqualified date|Verloren am"
                "|Disqualifiziert am|perdu le|perdido|fecha de pérdida|data de perda|verloren op",
            ),
            _field(
                "status",
                "choice",
                "lead status|lifecycle stage|hs lead status|Leadstatus|Lead-Status"
                "|Lebenszyklusphase|statut|statut du lead|estado|estado del prospecto"
                "|estado del lead|status do lead|leadstatus|stage",
            ),
            _field("lost_reason", "text", _LOST_REASON),
            _field("merged_into", "reference", _MERGED_INTO, refers_to="leads"),
            _field("merged_from", "list", _MERGED_FROM),
            _field("deleted", "boolean", _DELETED),
        ),
        ("external_id", "email", "name"),
        ("leads", "lead", "mql", "mqls", "prospects", "pistes", "qualified leads", "prospectos"),
    ),
    "deals": Kind(
        "deals",
        "deal",
        (
            _field(
                "external_id",
                "id",
                "id|deal id|opportunity id|opportunityid|record id|hs object id|Deal-ID"
                "|Opportunity-ID|ID de transaction|ID de l'opportunité|ID del negocio"
                "|ID de la oportunidad|ID do negócio|ID da oportunidade|Datensatz-ID|oppty id",
            ),
            _field(
                "name",
                "text",
                "deal name|opportunity name|opportunity|deal|dealname|Dealname|Deal-Name"
                "|Opportunity-Name|Name der Opportunity|nom de la transaction"
                "|nom de l'opportunité|nombre del negocio|nombre de la oportunidad"
                "|nome do negócio|nome da oportunidade|dealnaam|opportunitynaam",
            ),
            _field("company", "reference", _COMPANY, refers_to="companies"),
            _field(
                "lead",
                "reference",
                "lead id|mql id|original lead|converted lead id|associated lead|lead",
                refers_to="leads",
            ),
            _field(
                "contact",
                "reference",
                "primary contact|contact id|associated contact ids|associated contact id"
                "|associated contact|contact name|Kontakt|contacto|contato|contactpersoon",
                refers_to="contacts",
            ),
            _field(
                "product",
                "reference",
                "product name|product id|Produkt|produit|producto|produto|line item",
                refers_to="products",
            ),
            _field("owner_email", "email", _OWNER_EMAIL),
            _field("owner", "text", _OWNER),
            _field("team", "text", _TEAM),
            _field(
                "pipeline",
                "text",
                "deal pipeline|sales process|record type|opportunity record type|Vertriebsprozess"
                "|pijplijn|embudo|funil",
            ),
            _field(
                "stage",
                "choice",
                "deal stage|stage name|stagename|dealstage|opportunity stage|sales stage|Phase"
                "|Dealphase|Deal-Phase|Stufe|étape|phase de la transaction|étape de l'opportunité"
                "|etapa|etapa del negocio|etapa da oportunidade|etapa do negócio|fase|dealfase",
            ),
            _field(
                "type",
                "choice",
                "deal type|opportunity type|dealtype|Deal-Typ|Dealtyp|Opportunity-Typ"
                "|type de transaction|type d'opportunité|tipo|tipo de negocio"
                "|tipo de oportunidad|tipo de negócio",
                choices=("new", "expansion", "renewal"),
            ),
            _field("created", "moment", _CREATED),
            _field(
                "engaged",
                "moment",
                "engage date|engaged date|first meeting date|discovery date|meeting date"
                "|engagement date",
            ),
            _field(
                "won",
                "moment",
                "won date|date won|closed won date|won at|won on|Gewonnen am|gagné le|date de gain"
                "|fecha de ganado|ganado|data de ganho|ganho em|gewonnen op",
            ),
            _field(
                "lost",
                "moment",
                "lost date|date lost|closed lost date|lost at|lost on|Verloren am|perdu le"
                "|date de perte|fecha de pérdida|data de perda|verloren op",
            ),
            _field(
                "closed",
                "moment",
                "close date|closed date|date closed|closedate|closing date|Abschlussdatum"
                "|Schlusstermin|Geschlossen am|date de clôture|date de fermeture|fecha de cierre"
                "|data de fechamento|sluitingsdatum|slutdatum|afsluitdatum",
            ),
            _field(
                "closes",
                "date",
                "expected close date|estimated close date|forecast close date"
                "|Voraussichtliches Abschlussdatum|date de clôture prévue"
                "|fecha de cierre prevista|data prevista de fechamento|verwachte sluitingsdatum",
            ),
            _field(
                "amount",
                "money",
                "deal amount|deal value|opportunity amount|close value|value|contract value"
                "|total amount|Betrag|Wert|Auftragswert|Summe|Umsatz|Deal-Betrag|montant|valeur"
                "|importe|monto|valor|cantidad|quantia|bedrag|waarde|dealbedrag",
            ),
            _field(
                "amount_converted",
                "money",
                "amount converted|amount in company currency|converted amount"
                "|Betrag konvertiert|Betrag umgerechnet|montant converti|importe convertido"
                "|valor convertido|bedrag omgerekend|hs amount in home currency",
            ),
            _field(
                "amount_converted_currency",
                "text",
                "amount converted currency|converted currency|company currency",
            ),
            _field("amount_currency", "text", "amount currency|Betrag Währung"),
            _field("currency", "text", _CURRENCY),
            _field("origin", "text", _ORIGIN),
            _field("campaign", "reference", _CAMPAIGN, refers_to="campaigns"),
            _field("segment", "choice", _SEGMENT),
            _field(
                "competitor",
                "text",
                "main competitor|competitors|lost to competitor|Wettbewerber|Mitbewerber"
                "|Hauptwettbewerber|concurrent|competidor|concorrente|concurrent",
            ),
            _field("lost_reason", "text", _LOST_REASON),
            _field(
                "lost_reason_by",
                "text",
                "lost reason by|reason given by|lost reason source|reason source|says who",
            ),
            _field("merged_into", "reference", _MERGED_INTO, refers_to="deals"),
            _field("merged_from", "list", _MERGED_FROM),
            _field("deleted", "boolean", _DELETED),
        ),
        ("external_id", "name"),
        (
            "deals",
            "deal",
            "opportunities",
            "opportunity",
            "closed deals",
            "pipeline",
            "sales pipeline",
            "negocios",
            "transactions",
        ),
    ),
    "stage_moves": Kind(
        "stage_moves",
        "stage move",
        (
            _field(
                "deal",
                "reference",
                "opportunity id|deal id|opportunity|opportunity name|deal name|Opportunity-ID"
                "|ID del negocio|ID de la oportunidad|record id",
                is_required=True,
                refers_to="deals",
            ),
            _field(
                "from_stage",
                "choice",
                "from stage|previous stage|old value|old stage|Von Phase|Vorherige Phase"
                "|ancienne étape|étape précédente|etapa anterior|vorige fase|from",
            ),
            _field(
                "stage",
                "choice",
                "to stage|new stage|new value|stage name|stage|deal stage|Nach Phase|Neue Phase"
                "|Phase"
                "|nouvelle étape|étape|nueva etapa|nova etapa|etapa|nieuwe fase|fase|to",
                is_required=True,
            ),
            _field("pipeline", "text", "deal pipeline|record type|pijplijn"),
            _field(
                "at",
                "moment",
                "last modified|changed at|change date|changed on|edit date|modified date|moved at"
                "|stage change date|entered stage date|date entered|last modified date|date"
                "|created date|Geändert am|Letzte Änderung|Änderungsdatum|modifié le"
                "|date de modification|fecha de modificación|data de modificação|gewijzigd op",
                is_required=True,
            ),
            _field("owner", "text", "last modified by|changed by|edited by|" + _OWNER),
        ),
        ("deal",),
        ("stage moves", "stage history", "opportunity history", "history", "stages", "verlauf"),
    ),
    "touches": Kind(
        "touches",
        "touch",
        (
            _field(
                "external_id", "id", "id|touch id|event id|activity id|engagement id|message id"
            ),
            _field(
                "at",
                "moment",
                "timestamp|time|date|occurred at|event time|activity date|event date|touch date"
                "|created date|sent at|Zeitpunkt|Datum|horodatage|date et heure|fecha|fecha y hora"
                "|data|data e hora|tijdstip|datum|member first associated date"
                "|first responded date",
                is_required=True,
            ),
            _field(
                "person",
                "reference",
                "email|person id|contact id|lead id|user id|recipient|contact email|person email"
                "|visitor id|E-Mail|correo|e-mailadres|contact|member id",
                refers_to="contacts",
            ),
            _field(
                "company", "reference", _COMPANY + "|company domain|domain", refers_to="companies"
            ),
            _field("campaign", "reference", _CAMPAIGN, refers_to="campaigns"),
            _field(
                "channel",
                "text",
                "medium|touch type|activity type|source|utm source|utm medium|Kanal|canal|kanaal"
                "|event type|type",
            ),
            _field(
                "kind",
                "choice",
                "automatic|is automatic|automated|human or automatic|touch kind|Art|sent by",
                choices=("human", "automatic"),
            ),
            _field(
                "direction",
                "choice",
                "inbound outbound|Richtung|sens|dirección|direção|richting",
                choices=("in", "out"),
            ),
        ),
        ("external_id",),
        ("touches", "touchpoints", "activities", "events", "engagements", "interactions"),
    ),
}
