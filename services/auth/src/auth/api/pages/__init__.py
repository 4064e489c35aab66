"""The pages of auth: signing in and out, registering, and what people do with their own account, in a browser."""

from auth.api.pages import (
    routes_account,
    routes_activate,
    routes_consent,
    routes_leaving,
    routes_login,
    routes_mandates,
    routes_passkeys,
    routes_register,
    routes_second_factor,
    routes_static,
    routes_upstream,
)

ROUTERS = (
    routes_login.router,
    routes_register.router,
    routes_upstream.router,
    routes_mandates.router,
    routes_consent.router,
    routes_leaving.router,
    routes_account.router,
    routes_activate.router,
    routes_second_factor.router,
    routes_passkeys.router,
    routes_static.router,
)
