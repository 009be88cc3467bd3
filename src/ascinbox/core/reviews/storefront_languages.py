"""Languages that customers of a storefront mostly write in, by Apple's alpha-3 code of the territory.

Official and widely written languages, ISO 639-1; only codes of `language.LANGUAGES` count when one is found.
English is written everywhere and stands here only where it is at home.
"""

from __future__ import annotations

from functools import cache

_TABLE = """
ar: ARE BHR DZA EGY IRQ JOR KWT LBN LBY MAR MRT OMN PSE QAT SAU TUN YEM
bg: BGR | cs: CZE | sk: SVK | sl: SVN | hr: HRV | sr: SRB MNE | bs: BIH | mk: MKD | sq: ALB XKS
da: DNK FRO GRL | nb: NOR | sv: SWE | fi: FIN | is: ISL | et: EST | lv: LVA | lt: LTU
de: DEU AUT CHE LIE LUX | nl: NLD BEL SUR ABW CUW SXM BES | el: GRC CYP | hu: HUN | pl: POL | ro: ROU MDA
en: USA GBR AUS CAN NZL IRL ZAF IND SGP NGA GHA KEN JAM TTO BRB BHS BLZ MLT PHL PAK ZWE ZMB UGA TZA HKG
en: BMU CYM GIB GGY JEY IMN FJI GUY GUM PNG MUS NAM BWA RWA LKA MYS
es: ESP MEX ARG COL CHL PER VEN ECU GTM CUB BOL DOM HND PRY SLV NIC CRI PAN URY GNQ PRI AND
ca: ESP AND | fa: AFG | tl: PHL | ms: MYS BRN SGP
fr: FRA BEL CAN CHE LUX MCO GLP MTQ GUF REU MYT NCL PYF SPM CIV SEN MLI BFA NER TGO BEN GAB COG COD CMR MDG
fr: HTI DZA MAR TUN TCD GIN CAF MUS SYC VUT
he: ISR | hi: IND NPL | id: IDN | it: ITA CHE SMR VAT | ja: JPN | ko: KOR | th: THA | vi: VNM
pt: BRA PRT AGO MOZ CPV GNB STP TLS
ru: RUS KAZ BLR KGZ UZB TJK TKM ARM AZE GEO MDA UKR EST LVA LTU | uk: UKR | kk: KAZ | ka: GEO | hy: ARM
tr: TUR CYP | az: AZE | zh: CHN TWN HKG MAC SGP MYS | sv: FIN | de: ITA | ar: ISR | hu: ROU SVK | cs: SVK
es: USA | ur: PAK | bn: BGD | mn: MNG | km: KHM | lo: LAO | my: MMR | ne: NPL | si: LKA | en: ARE ISR
"""


def languages_of(territory: str | None) -> tuple[str, ...]:
    """ISO 639-1 codes for an alpha-3 territory; empty when it is unknown."""
    return _by_territory().get(territory or "", ())


@cache
def _by_territory() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part in _TABLE.replace("\n", "|").split("|"):
        language, _, territories = part.strip().partition(": ")
        for territory in territories.split():
            found[territory] = (*found.get(territory, ()), language)
    return found
