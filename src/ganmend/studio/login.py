"""Who a request comes from, by HTTP's own name and password (RFC 7617): every request of a page carries them."""

import asyncio
import base64
import hmac
import secrets

from ganmend.studio.passwords import Passwords

AT_ONCE = 4  # passwords that are tried at the same time, of all visitors
PAUSE = 1.0  # seconds that a wrong one keeps its place


class Login:
    """Tells users by their passwords, and makes guessing slow: some guesses a second, whoever guesses.

    Args:
        passwords: of the users.
        pause: seconds that a wrong password costs.
    """

    def __init__(self, passwords: Passwords, *, pause: float = PAUSE) -> None:
        self._passwords, self._pause = passwords, pause
        self._places = asyncio.Semaphore(AT_ONCE)
        # Whoever was let in is known again at once: by a keyed hash of the header, so that it is not kept itself.
        self._key, self._known = secrets.token_bytes(32), dict[bytes, str]()

    async def user(self, authorization: str) -> str:
        """The user that a request comes from.

        Args:
            authorization: the header of that name, or ''.

        Returns:
            The name; '' where there is none, or the password is wrong.
        """
        mark = hmac.digest(self._key, authorization.encode(), "sha256")
        if mark in self._known:
            return self._known[mark]
        user, password = _given(authorization)
        if not user:
            return ""
        async with self._places:
            if not await asyncio.to_thread(self._passwords.knows, user, password):
                await asyncio.sleep(self._pause)
                return ""
        self._known[mark] = user
        return user


def _given(authorization: str) -> tuple[str, str]:
    """Name and password in a header; two '' where there are none."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password
