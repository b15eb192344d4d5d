"""Web domains: clean ones out of what people type, and those that many companies share."""

from __future__ import annotations

import re

FREE_MAIL = frozenset(
    """
    163.com 126.com aim.com alice.it aliceadsl.fr aol.com aol.de arcor.de att.net bellsouth.net
    bigpond.com blueyonder.co.uk bluewin.ch bol.com.br btinternet.com btopenworld.com centrum.cz
    charter.net chello.at chello.nl club-internet.fr comcast.net cox.net daum.net duck.com
    earthlink.net email.com email.cz email.de eresmas.com euskalnet.net fastmail.com fastmail.fm
    free.fr freemail.hu freenet.de frontier.com gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.fr
    gmx.net globo.com globomail.com googlemail.com hanmail.net hey.com home.nl hotmail.be
    hotmail.ca hotmail.ch hotmail.co.uk hotmail.com hotmail.com.br hotmail.de hotmail.es
    hotmail.fr hotmail.it hotmail.nl hushmail.com icloud.com ig.com.br inbox.com inbox.lv inbox.ru
    interia.pl iol.it iol.pt juno.com kpnmail.nl kpnplanet.nl laposte.net libero.it list.ru
    live.be live.ca live.cl live.co.uk live.com live.com.ar live.com.mx live.com.pt live.de
    live.dk live.fr live.ie live.it live.nl live.no live.se mac.com mail.com mail.de mail.ru
    mail.ua me.com msn.com mailbox.org naver.com neuf.fr nifty.com ntlworld.com o2.pl o2online.de
    oi.com.br onet.pl online.de online.fr online.no optonline.net optusnet.com.au orange.es
    orange.fr outlook.at outlook.be outlook.com outlook.com.br outlook.de outlook.dk outlook.es
    outlook.fr outlook.ie outlook.it outlook.pt planet.nl pm.me posteo.de proton.me protonmail.ch
    protonmail.com qq.com quicknet.nl r7.com rambler.ru rocketmail.com rediffmail.com sapo.pt
    sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com sky.com skynet.be sohu.com sympatico.ca
    t-online.de talktalk.net telefonica.net telenet.be telia.com telus.net terra.com terra.com.br
    terra.es tin.it tiscali.co.uk tiscali.it tuta.com tutanota.com tutanota.de ukr.net uol.com.br
    upcmail.nl verizon.net vodafone.de virgilio.it virgin.net virginmedia.com voila.fr walla.co.il
    wanadoo.es wanadoo.fr web.de windowslive.com wp.pl xs4all.nl xtra.co.nz ya.ru yahoo.ca
    yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.ar yahoo.com.au yahoo.com.br
    yahoo.com.mx yahoo.de yahoo.es yahoo.fr yahoo.ie yahoo.in yahoo.it yahoo.nl yandex.com
    yandex.ru ymail.com zeelandnet.nl ziggo.nl zoho.com zonnet.nl
    """.split()
)
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{1,62}")


def clean_domain(text: str) -> str | None:
    """The bare domain in an address or URL: 'https://www.Acme.com/de' is 'acme.com'."""
    bare = text.strip().casefold()
    bare = re.sub(r"^[a-z][a-z0-9+.-]*://", "", bare)
    bare = bare.rsplit("@", 1)[-1]
    bare = re.split(r"[/?#:\s]", bare, maxsplit=1)[0].strip(".")
    bare = bare.removeprefix("www.")
    if len(bare) > 253 or not _DOMAIN.fullmatch(bare):
        return None
    return bare


def company_domain(text: str) -> str | None:
    """The domain that names a company; none for a mail provider that many share."""
    domain = clean_domain(text)
    return None if domain is None or domain in FREE_MAIL else domain
