"""Territories: Apple's alpha-3 codes (TerritoryCode in its OpenAPI description), alpha-2, English names.

Reviews carry alpha-3, sales and analytics reports alpha-2. Kosovo is `XKS` and `XK`; `ANT`, the former
Netherlands Antilles, is obsolete and still in Apple's list.
"""

from __future__ import annotations

from functools import cache

from ascinbox.core.text import fold

_TABLE = """
ABW AW Aruba|AFG AF Afghanistan|AGO AO Angola|AIA AI Anguilla|ALB AL Albania|AND AD Andorra
ANT AN Netherlands Antilles|ARE AE United Arab Emirates|ARG AR Argentina|ARM AM Armenia
ASM AS American Samoa|ATG AG Antigua and Barbuda|AUS AU Australia|AUT AT Austria|AZE AZ Azerbaijan
BDI BI Burundi|BEL BE Belgium|BEN BJ Benin|BES BQ Bonaire, Sint Eustatius and Saba|BFA BF Burkina Faso
BGD BD Bangladesh|BGR BG Bulgaria|BHR BH Bahrain|BHS BS Bahamas|BIH BA Bosnia and Herzegovina
BLR BY Belarus|BLZ BZ Belize|BMU BM Bermuda|BOL BO Bolivia|BRA BR Brazil|BRB BB Barbados|BRN BN Brunei
BTN BT Bhutan|BWA BW Botswana|CAF CF Central African Republic|CAN CA Canada|CHE CH Switzerland
CHL CL Chile|CHN CN China|CIV CI Côte d’Ivoire|CMR CM Cameroon|COD CD Congo (Democratic Republic)
COG CG Congo (Republic)|COK CK Cook Islands|COL CO Colombia|COM KM Comoros|CPV CV Cabo Verde
CRI CR Costa Rica|CUB CU Cuba|CUW CW Curaçao|CXR CX Christmas Island|CYM KY Cayman Islands|CYP CY Cyprus
CZE CZ Czechia|DEU DE Germany|DJI DJ Djibouti|DMA DM Dominica|DNK DK Denmark|DOM DO Dominican Republic
DZA DZ Algeria|ECU EC Ecuador|EGY EG Egypt|ERI ER Eritrea|ESP ES Spain|EST EE Estonia|ETH ET Ethiopia
FIN FI Finland|FJI FJ Fiji|FLK FK Falkland Islands|FRA FR France|FRO FO Faroe Islands|FSM FM Micronesia
GAB GA Gabon|GBR GB United Kingdom|GEO GE Georgia|GGY GG Guernsey|GHA GH Ghana|GIB GI Gibraltar
GIN GN Guinea|GLP GP Guadeloupe|GMB GM Gambia|GNB GW Guinea-Bissau|GNQ GQ Equatorial Guinea|GRC GR Greece
GRD GD Grenada|GRL GL Greenland|GTM GT Guatemala|GUF GF French Guiana|GUM GU Guam|GUY GY Guyana
HKG HK Hong Kong|HND HN Honduras|HRV HR Croatia|HTI HT Haiti|HUN HU Hungary|IDN ID Indonesia
IMN IM Isle of Man|IND IN India|IRL IE Ireland|IRQ IQ Iraq|ISL IS Iceland|ISR IL Israel|ITA IT Italy
JAM JM Jamaica|JEY JE Jersey|JOR JO Jordan|JPN JP Japan|KAZ KZ Kazakhstan|KEN KE Kenya|KGZ KG Kyrgyzstan
KHM KH Cambodia|KIR KI Kiribati|KNA KN Saint Kitts and Nevis|KOR KR South Korea|KWT KW Kuwait|LAO LA Laos
LBN LB Lebanon|LBR LR Liberia|LBY LY Libya|LCA LC Saint Lucia|LIE LI Liechtenstein|LKA LK Sri Lanka
LSO LS Lesotho|LTU LT Lithuania|LUX LU Luxembourg|LVA LV Latvia|MAC MO Macau|MAR MA Morocco|MCO MC Monaco
MDA MD Moldova|MDG MG Madagascar|MDV MV Maldives|MEX MX Mexico|MHL MH Marshall Islands
MKD MK North Macedonia|MLI ML Mali|MLT MT Malta|MMR MM Myanmar|MNE ME Montenegro|MNG MN Mongolia
MNP MP Northern Mariana Islands|MOZ MZ Mozambique|MRT MR Mauritania|MSR MS Montserrat|MTQ MQ Martinique
MUS MU Mauritius|MWI MW Malawi|MYS MY Malaysia|MYT YT Mayotte|NAM NA Namibia|NCL NC New Caledonia
NER NE Niger|NFK NF Norfolk Island|NGA NG Nigeria|NIC NI Nicaragua|NIU NU Niue|NLD NL Netherlands
NOR NO Norway|NPL NP Nepal|NRU NR Nauru|NZL NZ New Zealand|OMN OM Oman|PAK PK Pakistan|PAN PA Panama
PER PE Peru|PHL PH Philippines|PLW PW Palau|PNG PG Papua New Guinea|POL PL Poland|PRI PR Puerto Rico
PRT PT Portugal|PRY PY Paraguay|PSE PS Palestine|PYF PF French Polynesia|QAT QA Qatar|REU RE Réunion
ROU RO Romania|RUS RU Russia|RWA RW Rwanda|SAU SA Saudi Arabia|SEN SN Senegal|SGP SG Singapore
SHN SH Saint Helena, Ascension and Tristan da Cunha|SLB SB Solomon Islands|SLE SL Sierra Leone
SLV SV El Salvador|SMR SM San Marino|SOM SO Somalia|SPM PM Saint Pierre and Miquelon|SRB RS Serbia
SSD SS South Sudan|STP ST São Tomé and Príncipe|SUR SR Suriname|SVK SK Slovakia|SVN SI Slovenia
SWE SE Sweden|SWZ SZ Eswatini|SXM SX Sint Maarten|SYC SC Seychelles|TCA TC Turks and Caicos Islands
TCD TD Chad|TGO TG Togo|THA TH Thailand|TJK TJ Tajikistan|TKM TM Turkmenistan|TLS TL Timor-Leste
TON TO Tonga|TTO TT Trinidad and Tobago|TUN TN Tunisia|TUR TR Türkiye|TUV TV Tuvalu|TWN TW Taiwan
TZA TZ Tanzania|UGA UG Uganda|UKR UA Ukraine|UMI UM U.S. Outlying Islands|URY UY Uruguay
USA US United States|UZB UZ Uzbekistan|VAT VA Vatican City|VCT VC Saint Vincent and the Grenadines
VEN VE Venezuela|VGB VG British Virgin Islands|VIR VI U.S. Virgin Islands|VNM VN Vietnam|VUT VU Vanuatu
WLF WF Wallis and Futuna|WSM WS Samoa|XKS XK Kosovo|YEM YE Yemen|ZAF ZA South Africa|ZMB ZM Zambia
ZWE ZW Zimbabwe
"""

_ALIASES = """
UK=GBR|Great Britain=GBR|Britain=GBR|England=GBR|Scotland=GBR|Wales=GBR|Northern Ireland=GBR|America=USA
United States of America=USA|XKX=XKS|Turkey=TUR|Korea=KOR|Republic of Korea=KOR|Korea, Republic of=KOR
Czech Republic=CZE|Holland=NLD|Ivory Coast=CIV|Swaziland=SWZ|Burma=MMR|Macedonia=MKD|Cape Verde=CPV
Vatican=VAT|Holy See=VAT|Macao=MAC|UAE=ARE|Emirates=ARE|Russian Federation=RUS|China mainland=CHN
East Timor=TLS|Congo=COG|DR Congo=COD|Democratic Republic of the Congo=COD
Congo, Democratic Republic of the=COD|Republic of the Congo=COG|Congo, Republic of the=COG|Viet Nam=VNM
Bosnia=BIH|Saint Helena=SHN|Virgin Islands=VIR|New Guinea=PNG|Brunei Darussalam=BRN
Moldova, Republic of=MDA|Tanzania, United Republic of=TZA|Lao=LAO|Micronesia, Federated States of=FSM
St. Kitts and Nevis=KNA|St. Lucia=LCA|St. Vincent and the Grenadines=VCT|The Gambia=GMB|The Bahamas=BHS
Bonaire=BES
"""


def _entries(table: str) -> list[str]:
    return table.strip().replace("\n", "|").split("|")


_BY_ALPHA3: dict[str, tuple[str, str]] = {entry[:3]: (entry[4:6], entry[7:]) for entry in _entries(_TABLE)}
_BY_ALPHA2: dict[str, str] = {two: three for three, (two, _) in _BY_ALPHA3.items()}

CODES: tuple[str, ...] = tuple(_BY_ALPHA3)
"""Every alpha-3 code of Apple's enum, ascending."""


def alpha3(text: str) -> str | None:
    """The alpha-3 code for an alpha-3 or alpha-2 code or an English name; None if there is none."""
    code = text.strip().upper()
    if code in _BY_ALPHA3:
        return code
    return _BY_ALPHA2.get(code) or _by_name().get(fold(text))


def alpha2(code: str) -> str:
    """The two letters that a list shows for an alpha-3 code; an unknown code's first two, "" for none."""
    entry = _BY_ALPHA3.get(code)
    return entry[0] if entry else code[:2]


def name(code: str) -> str:
    """The English name for an alpha-3 code; an unknown code comes back as it is."""
    entry = _BY_ALPHA3.get(code)
    return entry[1] if entry else code


def similar(text: str) -> str | None:
    """The alpha-3 code whose code or name is nearest to a mistyped one; None when nothing is near."""
    import difflib

    names = _by_name()
    near = difflib.get_close_matches(fold(text), names, n=1, cutoff=0.75)
    return names[near[0]] if near else None


@cache
def _by_name() -> dict[str, str]:
    names = {fold(title): three for three, (_, title) in _BY_ALPHA3.items()}
    names.update((fold(alias), three) for alias, three in (e.split("=") for e in _entries(_ALIASES)))
    return names
