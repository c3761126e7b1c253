"""Time stamps by RFC 3161: a request is written, an answer is checked; no server is called."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from slakit._atomic import read_whole
from slakit.evidence.files import cannot_read
from slakit.problems import InputError, Problem

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

REQUEST, ANSWER = "manifest-sha256.tsq", "manifest-sha256.tsr"
"""Files of a dossier beside its manifest: what is sent to an authority, and what may come back."""
LARGEST_ANSWER = 5_000_000
HASHES = {
    "2.16.840.1.101.3.4.2.1": hashlib.sha256,
    "2.16.840.1.101.3.4.2.2": hashlib.sha384,
    "2.16.840.1.101.3.4.2.3": hashlib.sha512,
}
CLOCKS_DIFFER = timedelta(minutes=10)


@dataclass(frozen=True)
class Timestamp:
    """What an answer of a time stamp authority says of a file.

    Attributes
    ----------
    at
        When the file was there, in UTC; None where the authority refused, or the answer is of another file.
    wrong
        Why the answer proves nothing; empty where it holds.
    signed_by
        Whom the signature was traced to; empty where no certificate was given, so that it was not checked.
    """

    at: datetime | None
    wrong: str
    signed_by: str


def timestamp_request(content: bytes) -> bytes:
    """Write a request for a time stamp of a file, for its authority to send the certificate too.

    It has no nonce, so that the same file gives the same request.

    Raises
    ------
    InputError
        The package rfc3161-client is not installed.
    """
    _need_client()
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    builder = TimestampRequestBuilder(data=content, hash_algorithm=HashAlgorithm.SHA256, nonce=False, cert_req=True)
    return builder.build().as_bytes()


def check_timestamp(content: bytes, answer: Path, certificate: Path | None = None) -> Timestamp:
    """Check an answer to a request for a time stamp: of this file, signed by the authority, at a time that can be.

    Parameters
    ----------
    content
        The file that was to be stamped.
    answer
        The answer, as the authority sent it (`.tsr`).
    certificate
        Certificates in PEM: the root that is trusted, and others between it and the authority. Without it the signature
        is not checked.

    Raises
    ------
    InputError
        A file cannot be read as what it should be, or the package rfc3161-client is not installed.
    """
    _need_client()
    from rfc3161_client import PKIStatus, decode_timestamp_response

    trusted = _certificates(certificate) if certificate is not None else []
    try:
        decoded = decode_timestamp_response(read_whole(answer, LARGEST_ANSWER))
        if PKIStatus(decoded.status) not in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS):
            why = "; ".join(text.strip().rstrip(".") for text in decoded.status_string) or "it does not say why"
            return Timestamp(None, f"the authority refused the request: {why}", "")
        info = decoded.tst_info
        algorithm, stamped, at = (
            info.message_imprint.hash_algorithm.dotted_string,
            info.message_imprint.message,
            info.gen_time,
        )
    except OSError as error:
        raise InputError(str(answer), [cannot_read(str(answer), error)]) from None
    except ValueError:
        wrong = "not an answer to a request for a time stamp"
        raise InputError(
            str(answer), [Problem(str(answer), None, wrong, "name the .tsr file as it was sent")]
        ) from None
    hashed = HASHES.get(algorithm)
    if hashed is None:
        return Timestamp(None, f"its hash ({algorithm}) is not one of SHA-256, SHA-384 and SHA-512", "")
    if hashed(content).digest() != stamped:
        return Timestamp(None, "it is of another file, or the manifest was changed since", "")
    if at > _now() + CLOCKS_DIFFER:
        return Timestamp(at, f"its time, {at:%Y-%m-%d %H:%M:%S} UTC, is yet to come", "")
    if not trusted:
        return Timestamp(at, "", "")
    return _signature(decoded, content, trusted, at)


def _now() -> datetime:
    return datetime.now(UTC)


def _signature(decoded: TimeStampResponse, content: bytes, trusted: list[Certificate], at: datetime) -> Timestamp:
    """Trace the signature to a certificate that is trusted."""
    from rfc3161_client import VerificationError, VerifierBuilder

    roots = [one for one in trusted if one.issuer == one.subject]
    others = [one for one in trusted if one.issuer != one.subject]
    verifier = VerifierBuilder(roots=roots or others, intermediates=others if roots else [])
    try:
        verifier.build().verify_message(decoded, content)
    except VerificationError as error:
        told = str(error)
        wrong = "the signature does not hold"
        if "certificate verify error" in told:
            wrong = "no certificate that was given vouches for the one that signed it"
        elif "signature" not in told.lower() or "PKCS7" not in told:
            wrong = f"the signature was not accepted: {told}"
        return Timestamp(at, wrong, "")
    return Timestamp(at, "", " or ".join(one.subject.rfc4514_string() for one in roots or others))


def _certificates(path: Path) -> list[Certificate]:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(read_whole(path, LARGEST_ANSWER))
    except OSError as error:
        raise InputError(str(path), [cannot_read(str(path), error)]) from None
    except ValueError:
        problem = Problem(str(path), None, "not a certificate in PEM", "name the authority's root certificate as PEM")
        raise InputError(str(path), [problem]) from None


def _need_client() -> None:
    if importlib.util.find_spec("rfc3161_client") is None:
        wrong, remedy = "the package rfc3161-client is not installed", "install it: pip install 'slakit[claims]'"
        raise InputError("time stamp", [Problem("time stamp", None, wrong, remedy)])
