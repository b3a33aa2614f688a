"""Signing in with another provider: OpenID Connect and OAuth 2, with PKCE, for browsers with a session."""

from __future__ import annotations

from nexios.auth.oauth.account import Account, OAuthTokens
from nexios.auth.oauth.client import OAuthClient
from nexios.auth.oauth.failure import SignInFailed

__all__ = ["Account", "OAuthClient", "OAuthTokens", "SignInFailed"]
