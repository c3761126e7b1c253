"""Currencies of ISO 4217: which there are, and how many digits their minor units have.

Written out here, because libraries print money as people do (no cents of a forint), and change their mind.
"""

from __future__ import annotations

IN_USE = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF
CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF
IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT
MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS
VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
WITHDRAWN = "ANG BGN CUC HRK SLL ZWL"
"""Withdrawn since 2020: contracts of that time are still claimed under."""
WITHOUT_CENTS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
IN_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
IN_TEN_THOUSANDTHS = "CLF UYW"
CODES = frozenset([*IN_USE.split(), *WITHDRAWN.split()])
DIGITS = {
    **dict.fromkeys(WITHOUT_CENTS.split(), 0),
    **dict.fromkeys(IN_THOUSANDTHS.split(), 3),
    **dict.fromkeys(IN_TEN_THOUSANDTHS.split(), 4),
}
"""Digits of the minor unit, where they are not two."""


def known_currency(code: str) -> str:
    """Return the code, or say that it is not a currency."""
    if code not in CODES:
        raise ValueError("not a currency of ISO 4217; write it like EUR")
    return code


def minor_digits(currency: str) -> int:
    """Digits after the point in a currency.

    >>> minor_digits("DKK"), minor_digits("JPY"), minor_digits("HUF")
    (2, 0, 2)
    """
    return DIGITS.get(currency, 2)
