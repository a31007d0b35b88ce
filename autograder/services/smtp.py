"""The mail stand-in: takes mails from whom it knows, delivers none."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from autograder.evidence import Mail
from autograder.services import desk as desks
from autograder.services import mailparts
from autograder.services.address import Address, Stamp
from autograder.services.bodies import clean, readable
from autograder.services.desk import Desk
from autograder.services.ledger import SIZE_LIMIT

__all__ = ["MailDoor", "SilentDoor", "mail_door"]

RECIPIENT_LIMIT = 100

# What aiosmtpd says of garbage on the line is of no use to whoever waits for a grade.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


def mail_door(desk: Desk, address: Address) -> asyncio.BaseProtocol:
    """The protocol for one more connection to this child's door, as the scenario wants it."""
    silent = desk.scenario.mail.kind == "never_answers"
    return SilentDoor(desk, address) if silent else MailDoor(desk, address)


class SilentDoor(asyncio.Protocol):
    """Takes a connection and never says a word."""

    def __init__(self, desk: Desk, address: Address) -> None:
        self._desk = desk
        self._address = address
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._desk.enter(self._address, transport):
            transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        if self._transport is not None:
            self._desk.leave(self._address, self._transport)


class MailDoor(SMTP):
    """One connection. A mail begins with the first byte of its MAIL command: before that it is nobody's."""

    # Mail servers in the world rather break a long line than refuse the mail.
    line_length_limit = SIZE_LIMIT

    def __init__(self, desk: Desk, address: Address) -> None:
        super().__init__(
            _Postmaster(desk, address),
            hostname="localhost",
            ident="mail stand-in",
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            timeout=desks.IDLE_SECONDS,
            auth_require_tls=False,
            authenticator=lambda server, session, envelope, mechanism, data: self._log_in(data),
            loop=asyncio.get_running_loop(),
        )
        self._desk = desk
        self._address = address
        self._entered: asyncio.BaseTransport | None = None
        self._amid_line = False
        self._unsettled = 0
        self.line_stamp: Stamp | None = None
        """When the first byte of the current command line was read."""
        self.mail_stamp: Stamp | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._entered = transport
        super().connection_made(transport)
        if not self._desk.enter(self._address, transport):
            transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        if self._entered is not None:
            self._desk.leave(self._address, self._entered)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if not self._amid_line or self.line_stamp is None:
            self.line_stamp = self._desk.stamp()
        self._amid_line = not data.endswith(b"\n")
        self._unsettled += len(data)
        # aiosmtpd reads an endless mail to its end before it refuses it.
        if self._unsettled > 2 * SIZE_LIMIT and self._entered is not None:
            self._desk.ledger.drop("mails")
            assert isinstance(self._entered, asyncio.Transport)
            self._entered.abort()
            return
        super().data_received(data)

    async def push(self, status: Any) -> None:
        if isinstance(status, str) and status.startswith("552"):
            self._desk.ledger.drop("mails")
        self._unsettled = 0
        await super().push(status)

    def _log_in(self, data: Any) -> AuthResult:
        if isinstance(data, LoginPassword):
            stamp = self.line_stamp or self._desk.stamp()
            opens = self._desk.opens(self._address, "smtp", [readable(data.password)], stamp)
            if opens and readable(data.login) == self._address.keys.login:
                return AuthResult(success=True)
        return AuthResult(success=False, handled=False)


class _Postmaster:
    """aiosmtpd's hooks."""

    def __init__(self, desk: Desk, address: Address) -> None:
        self._desk = desk
        self._address = address

    async def handle_MAIL(
        self, server: MailDoor, session: Session, envelope: Envelope, sender: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        server.mail_stamp = server.line_stamp
        envelope.mail_from = sender
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: MailDoor, session: Session, envelope: Envelope, recipient: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= RECIPIENT_LIMIT:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(recipient)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: MailDoor, session: Session, envelope: Envelope) -> str:
        stamp, content = server.mail_stamp, envelope.original_content or b""
        assert stamp is not None
        behaviour = self._desk.scenario.mail
        status = behaviour.status if behaviour.kind == "answers" else 250
        parts = mailparts.parse(content)
        self._desk.ledger.keep(
            Mail,
            stamp,
            self._address,
            len(content),
            sender=clean(envelope.mail_from or ""),
            to=[clean(recipient) for recipient in envelope.rcpt_tos],
            subject=parts.subject,
            text=parts.text,
            html=parts.html,
            headers=parts.headers,
            status=status,
        )
        return f"{status} {'OK' if status < 400 else 'refused, as the scenario wants it'}"

    async def handle_exception(self, error: Exception) -> str:
        return "500 Error: bad syntax"
