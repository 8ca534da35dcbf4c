"""No personal data into a group: a text with a citizen's number in it goes to no robot."""

from __future__ import annotations

import re
import unicodedata

from wenzheng_core.ports import DeliveryError

# A message's number on its platform, as in 「hongwang/13812345678」, is no telephone.
_NUMBER_OF_A_MESSAGE = r"(?<![A-Za-z0-9_]/)"
_MOBILE = re.compile(
    rf"(?<![0-9]){_NUMBER_OF_A_MESSAGE}(?:(?:\+|00)?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{{4}}){{2}}(?![0-9])"
)
_IDENTITY = re.compile(
    rf"(?<![0-9]){_NUMBER_OF_A_MESSAGE}[1-9][0-9]{{5}}(?:18|19|20)[0-9]{{2}}"
    r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx](?![0-9])"
)
"""The form of GB 11643: place, date of birth, order, check; a mistyped check digit counts as well."""


def require_impersonal(whom: str, text: str) -> None:
    """Raise DeliveryError, permanent, for a text with a mobile or an identity number; shows neither."""
    plain = unicodedata.normalize("NFKC", text)
    for pattern, what in ((_IDENTITY, "身份证号"), (_MOBILE, "手机号")):
        if pattern.search(plain):
            raise DeliveryError(
                f"{whom}:文字中疑有{what},不得发到群里;请改发短信或应用消息", permanent=True
            )
