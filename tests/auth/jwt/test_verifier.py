"""What a verifier accepts, and all that it does not."""

from __future__ import annotations

import base64
import json
import string
import tracemalloc
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nexios.auth.exceptions import InvalidToken
from nexios.auth.jwt import Key, KeySet, Verifier
from nexios.auth.jwt.segments import LONGEST
from nexios.exceptions import ConfigurationError
from tests.auth.jwt.forging import NOW, SECRET, forge, segment

pytestmark = pytest.mark.anyio

GOOD = {"sub": "7", "exp": NOW + 60}


def verifier(**settings: Any) -> Verifier:
    return Verifier(Key.hmac(SECRET), now=lambda: NOW, **settings)


async def refusal(token: str, **settings: Any) -> str:
    with pytest.raises(InvalidToken) as refused:
        await verifier(**settings).verify(token)
    assert refused.value.status == 401
    return refused.value.reason


async def test_a_good_token_gives_its_claims() -> None:
    assert await verifier().verify(forge()) == GOOD


# -- the form of a token --------------------------------------------------------------------------------------------

HEAD, BODY, SIGNATURE = forge().split(".")
ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
# 32 bytes are 43 characters, of which the last has two bits too many.
TWIN = SIGNATURE[:-1] + ALPHABET[ALPHABET.index(SIGNATURE[-1]) + 1]

MALFORMED = {
    "nothing": "",
    "blanks": "   ",
    "one segment": HEAD,
    "two segments": f"{HEAD}.{BODY}",
    "four segments": f"{HEAD}.{BODY}.{SIGNATURE}.{SIGNATURE}",
    "five segments, as if encrypted": ".".join([HEAD] * 5),
    "only dots": "..",
    "no header": f".{BODY}.{SIGNATURE}",
    "no signature": f"{HEAD}.{BODY}.",
    "padding": f"{HEAD}.{BODY}.{SIGNATURE}=",
    "another spelling of the signature": f"{HEAD}.{BODY}.{TWIN}",
    "base64 that is not for URLs": f"{HEAD}.{BODY}.{'+/' * 21}A",
    "a blank in a segment": f"{HEAD}.{BODY[:5]} {BODY[5:]}.{SIGNATURE}",
    "a line break at the end": f"{forge()}\n",
    "a character that is not ASCII": f"{HEAD}.{BODY}.{SIGNATURE[:-1]}\u0661",
    "a lone surrogate": f"{HEAD}.{BODY}.{SIGNATURE[:-1]}\ud800",
    "NUL": f"{HEAD}.{BODY}.{SIGNATURE[:-1]}\0",
    "the JSON serialisation": json.dumps({"protected": HEAD, "payload": BODY, "signature": SIGNATURE}),
    "the general JSON serialisation": json.dumps(
        {"payload": BODY, "signatures": [{"protected": HEAD, "signature": SIGNATURE}]}
    ),
    "another payload": f"{HEAD}.{segment(json.dumps({**GOOD, 'sub': '8'}))}.{SIGNATURE}",
    "another signature": f"{HEAD}.{BODY}.{segment(bytes(32))}",
    "a signature cut off": f"{HEAD}.{BODY}.{SIGNATURE[:22]}",
    "a payload that is no JSON": forge("sub: 7"),
    "a payload that is a list": forge('[{"sub": "7"}]'),
    "a payload that is text": forge('"7"'),
    "a payload with a claim twice": forge(f'{{"exp": {NOW + 60}, "sub": "7", "sub": "8"}}'),
    "a payload that is deep": forge('{"exp": 1, "a": ' + "[" * 500 + "]" * 500 + "}"),
    "a payload in UTF-16": f"{HEAD}.{segment(json.dumps(GOOD).encode('utf-16'))}.{SIGNATURE}",
}


@pytest.mark.parametrize("token", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_token_is_refused(token: str) -> None:
    await refusal(token)


@pytest.mark.parametrize("token", [None, 7, b"e30.e30.e30", ["e30"], GOOD])
async def test_what_is_no_text_is_no_token(token: Any) -> None:
    assert await refusal(token) == "it is not text"


async def test_the_length_is_looked_at_before_anything_else() -> None:
    longest = forge({**GOOD, "pad": "x" * 12_150})
    longest = forge({**GOOD, "pad": "x" * (12_150 + (LONGEST - len(longest)) * 3 // 4)})

    assert LONGEST - 2 <= len(longest) <= LONGEST
    assert (await verifier().verify(longest))["sub"] == "7"
    assert await refusal("." * (LONGEST + 1)) == f"it has more than {LONGEST} characters"
    assert await refusal("a.b." + "x" * 10_000_000) == f"it has more than {LONGEST} characters"


# -- the header -----------------------------------------------------------------------------------------------------

FOREIGN_KEY = {"kty": "oct", "k": segment("the attacker's own long secret")}
NONE = ("none", "None", "nOnE", "NONE", "", " ", "hs256", "HS256 ", "A128GCM")
HEADERS: dict[str, dict[str, Any] | str] = {
    **{
        f"alg {name!r}": {"alg": name}
        for name in ("none", "None", "nOnE", "NONE", "", " ", "hs256", "HS256 ", "A128GCM")
    },
    **{f"alg {name}, which is not the key's": {"alg": name} for name in ("HS384", "RS256", "ES256", "PS256", "EdDSA")},
    "no alg": {"typ": "JWT"},
    "alg is null": {"alg": None},
    "alg is a list": {"alg": ["HS256"]},
    "alg is a number": {"alg": 256},
    "alg twice": '{"alg": "HS256", "alg": "HS256"}',
    "alg twice, the second none": '{"alg": "HS256", "alg": "none"}',
    "kid twice": '{"alg": "HS256", "kid": "a", "kid": "b"}',
    "crit that nobody knows": {"alg": "HS256", "crit": ["exp"], "exp": 1},
    "crit with b64": {"alg": "HS256", "crit": ["b64"], "b64": False},
    "crit that is empty": {"alg": "HS256", "crit": []},
    "crit that is null": {"alg": "HS256", "crit": None},
    "b64 without crit": {"alg": "HS256", "b64": False},
    "b64 that is no boolean": {"alg": "HS256", "b64": 0},
    "kid is a number": {"alg": "HS256", "kid": 7},
    "kid is a list": {"alg": "HS256", "kid": ["a"]},
    "kid is an object": {"alg": "HS256", "kid": {"$ne": None}},
    "typ is a number": {"alg": "HS256", "typ": 1},
    "typ of a refresh token": {"alg": "HS256", "typ": "rt+jwt"},
    "typ of a logout token": {"alg": "HS256", "typ": "logout+jwt"},
    "typ of DPoP": {"alg": "HS256", "typ": "application/dpop+jwt"},
    "an array": '["HS256"]',
    "a text": '"HS256"',
    "no JSON": "alg=HS256",
    "nothing": "",
    "NaN": '{"alg": "HS256", "n": NaN}',
    "deep": '{"alg": "HS256", "n": ' + "[" * 500 + "]" * 500 + "}",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
async def test_a_header_that_asks_for_something_else_is_refused(header: dict[str, Any] | str) -> None:
    await refusal(forge(header=header))


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": FOREIGN_KEY},
        {"jku": "https://attacker.example/keys"},
        {"x5u": "https://attacker.example/chain"},
        {"x5c": ["MIIB"]},
        {"jwk": 1, "jku": None, "x5c": {}},
    ],
    ids=lambda header: "+".join(header),
)
async def test_keys_that_a_header_brings_along_are_not_looked_at(header: dict[str, Any]) -> None:
    full = {"alg": "HS256", **header}

    assert await verifier().verify(forge(header=full)) == GOOD
    assert await refusal(forge(header=full, secret="the attacker's own long secret")) == "no known key has signed it"


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"])
async def test_an_access_token_may_call_itself_one(typ: str) -> None:
    assert await verifier().verify(forge(header={"alg": "HS256", "typ": typ})) == GOOD


async def test_a_verifier_can_insist_on_access_tokens() -> None:
    named = forge(header={"alg": "HS256", "typ": "application/AT+JWT"})

    assert await verifier(typ="at+jwt").verify(named) == GOOD
    assert await refusal(forge(), typ="at+jwt") == "it is of another kind, as its typ says"


# -- keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kid", ["../../dev/null", "' OR 1=1 --", "\0", "old\0", "OLD", "", "x" * 5_000, "__class__"])
async def test_a_kid_is_compared_and_nothing_else(kid: str) -> None:
    keys = KeySet([Key.hmac(SECRET, kid="old"), Key.generate(kid="new")])

    with pytest.raises(InvalidToken):
        await Verifier(keys, now=lambda: NOW).verify(forge(header={"alg": "HS256", "kid": kid}))


async def test_a_rotated_key_still_verifies() -> None:
    both = Verifier([Key.generate(kid="new"), Key.hmac(SECRET, kid="old")], now=lambda: NOW)

    assert await both.verify(forge(header={"alg": "HS256", "kid": "old"})) == GOOD
    assert await both.verify(forge(header={"alg": "HS256"})) == GOOD
    with pytest.raises(InvalidToken):
        await both.verify(forge(header={"alg": "HS256", "kid": "new"}))


async def test_a_public_key_is_no_secret_to_sign_with() -> None:
    pytest.importorskip("cryptography", reason="nexios-auth[oauth] is not installed")
    from cryptography.hazmat.primitives import serialization  # of the extra

    key = Key.generate("ES256")
    # All that an attacker has: the published key, in each form that it could be fed to an HMAC.
    public = key._public
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = public.public_bytes(serialization.Encoding.PEM, spki).decode()
    for secret in (pem, pem.strip(), json.dumps(key.public_jwk()), base64.b64encode(pem.encode()).decode()):
        for name in ("HS256", "ES256"):
            with pytest.raises(InvalidToken):
                await Verifier(key.public(), now=lambda: NOW).verify(forge(header={"alg": name}, secret=secret))


async def test_names_that_strangers_make_up_fill_no_memory() -> None:
    names = (forge(header={"alg": "HS256", "kid": f"{number:0300}"}) for number in range(3_000))
    checking = Verifier(Key.hmac(SECRET, kid="one"), now=lambda: NOW)
    tracemalloc.start()
    try:
        for token in names:
            with pytest.raises(InvalidToken):
                await checking.verify(token)
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert grown < 600_000


# -- the claims -----------------------------------------------------------------------------------------------------

TIMES = ["never", "1800000060", True, False, None, [NOW], {"$gt": 0}, -1, -1.5, 10**400, "", 1e300]


@pytest.mark.parametrize("value", TIMES, ids=repr)
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
async def test_a_time_is_a_number_of_seconds(name: str, value: object) -> None:
    await refusal(forge({**GOOD, name: value}))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1E999999999", "9" * 5_000])
@pytest.mark.parametrize("name", ["exp", "nbf", "iat", "other"])
async def test_a_number_is_one_that_json_knows(name: str, number: str) -> None:
    claims = {"sub": "7", "exp": int(NOW) + 60, name: "@"}

    await refusal(forge(json.dumps(claims).replace('"@"', number)))


@pytest.mark.parametrize(
    ("claims", "leeway", "reason"),
    [
        ({"exp": NOW}, 0, "it has expired"),
        ({"exp": NOW + 0.5}, 0, ""),
        ({"exp": NOW - 60}, 60, "it has expired"),
        ({"exp": NOW - 59}, 60, ""),
        ({"nbf": NOW}, 0, ""),
        ({"nbf": NOW + 1}, 0, "it is not valid yet"),
        ({"nbf": NOW + 60}, 60, ""),
        ({"nbf": NOW + 61}, 60, "it is not valid yet"),
        ({"iat": NOW}, 0, ""),
        ({"iat": NOW + 1}, 0, "it was issued in the future"),
        ({"iat": NOW + 60}, 60, ""),
        ({"exp": None}, 0, "its exp is not a time"),
        ({"sub": 7}, 0, "its sub is not text"),
        ({"jti": ["a"]}, 0, "its jti is not text"),
        ({"iss": {}}, 0, "its iss is not text"),
    ],
)
async def test_times_hold_to_the_second_and_no_clock_differs_by_more_than_the_leeway(
    claims: dict[str, Any], leeway: float, reason: str
) -> None:
    token = forge({**GOOD, **claims})

    if reason:
        assert await refusal(token, leeway=leeway) == reason
    else:
        assert await verifier(leeway=leeway).verify(token) == {**GOOD, **claims}


async def test_a_token_without_an_end_is_refused() -> None:
    assert await refusal(forge({"sub": "7"})) == "it has no exp"


@pytest.mark.parametrize("value", [None, "", [], {}])
async def test_a_claim_that_is_required_must_say_something(value: object) -> None:
    assert await refusal(forge({**GOOD, "tenant": value}), required=["exp", "tenant"]) == "it has no tenant"
    assert await refusal(forge(), required=["tenant"]) == "it has no tenant"


@pytest.mark.parametrize(
    "issuer", ["https://issuer.example/", "https://ISSUER.example", "https://issuer.example.evil", " https://issuer.example",
               ["https://issuer.example"], {"https://issuer.example": 1}, None, 1, ""]
)  # fmt: skip
async def test_the_issuer_is_the_one_to_the_letter(issuer: object) -> None:
    expected = "https://issuer.example"

    assert await verifier(issuer=expected).verify(forge({**GOOD, "iss": expected}))
    assert await refusal(forge({**GOOD, "iss": issuer}), issuer=expected) == "it is of another issuer"
    assert await refusal(forge(), issuer=expected) == "it is of another issuer"


@pytest.mark.parametrize(
    ("audience", "expected", "is_good"),
    [
        ("api", "api", True),
        (["web", "api"], "api", True),
        ("api", ["api", "old-api"], True),
        ("API", "api", False),
        ("api ", "api", False),
        ("web", "api", False),
        ([], "api", False),
        (["web"], "api", False),
        (["api", 7], "api", False),
        ({"api": 1}, "api", False),
        ("", "api", False),
        (None, "api", False),
        (7, "api", False),
        # It is meant for somebody, and we have not said that this is us.
        ("api", None, False),
        (None, None, False),
    ],
)
async def test_a_token_is_for_us_or_for_nobody_else(audience: object, expected: Any, is_good: bool) -> None:
    token = forge({**GOOD, "aud": audience})

    if is_good:
        assert (await verifier(audience=expected).verify(token))["aud"] == audience
    else:
        await refusal(token, audience=expected)


async def test_a_token_for_nobody_is_not_for_us() -> None:
    assert await refusal(forge(), audience="api") == "its audience is missing or malformed"


# -- whoever writes a verifier --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"leeway": 61}, "clocks that differ by more than 60 s must be set right"),
        ({"leeway": -1}, "leeway=-1"),
        ({"leeway": True}, "leeway=True"),
        ({"leeway": float("nan")}, "leeway=nan"),
        ({"issuer": ""}, "leave out what is not to be checked"),
        ({"audience": ""}, "leave out what is not to be checked"),
        ({"audience": []}, "leave out what is not to be checked"),
        ({"required": "exp"}, r"give a list, required=\['exp'\]"),
    ],
)
async def test_settings_that_would_check_less_are_refused(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        verifier(**settings)


@pytest.mark.parametrize("keys", [[], [SECRET], [Key.generate(), SECRET]])
async def test_a_verifier_needs_keys(keys: Any) -> None:
    with pytest.raises(ConfigurationError, match="give 1 to 16 keys"):
        Verifier(keys)


# -- everything else ------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "exp", "nbf", "iat", "iss", "aud", "sub", "scope"])
OBJECTS = st.dictionaries(NAMES, JSON, max_size=5)
HEADERS_OF_HS256 = OBJECTS.map(lambda fields: {"alg": "HS256", **fields})
TOKENS = st.one_of(
    st.text(),
    st.text(alphabet=ALPHABET + ".=+/", max_size=60),
    st.lists(st.text(alphabet=ALPHABET), min_size=3, max_size=3).map(".".join),
    st.builds(forge, OBJECTS, HEADERS_OF_HS256),
    st.builds(forge, st.text(), HEADERS_OF_HS256),
    st.builds(lambda at, character: forge()[:at] + character + forge()[at + 1 :], st.integers(0, 150), st.characters()),
)


async def verify_anything(verifier: Verifier, token: str) -> None:
    try:
        claims = await verifier.verify(token)
    except InvalidToken:
        return
    assert claims["exp"] > NOW
    assert token.count(".") == 2


@given(token=TOKENS)
@example(token=forge())
@example(token=".".join([segment(b'{"alg":"HS256"}')] * 3))
def test_whatever_comes_it_is_a_token_or_is_refused(token: str) -> None:
    # Nothing here waits for anything, so no event loop is needed.
    with pytest.raises(StopIteration):
        verify_anything(verifier(), token).send(None)
