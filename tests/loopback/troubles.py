"""Everything a test can do to the bot: failing calls, broken connections, lost tokens, and time that passes."""

from __future__ import annotations

from typing import Any

from . import sessions as op
from .faults import Fault
from .gateway import BAD_TOKEN, Gateway
from .rest import Rest
from .world import World


class Troubles:
    """The part of the loopback Discord that makes trouble."""

    world: World
    gateway: Gateway
    rest: Rest

    @property
    def invalid_requests(self) -> int:
        """Answers of 401, 403 and 429 in ten minutes, without shared limits; 10,000 bring a ban."""
        return self.rest.invalid.count

    def advance(self, seconds: float) -> None:
        """Let virtual time pass: tokens, links, nonces and rate limits age."""
        self.world.clock.advance(seconds)

    def fail_next(self, method: str, pattern: str, *, status: int | None = 503, times: int = 1, **more: Any) -> Fault:
        """Let the next calls fail whose path has `pattern`; `more` are the other fields of `Fault`."""
        return self.rest.faults.add(Fault(method, pattern, status, times, **more))

    def delay_next(self, method: str, pattern: str, seconds: float, *, times: int = 1) -> Fault:
        """Let the next matching calls take longer, and succeed."""
        return self.fail_next(method, pattern, status=None, times=times, delay=seconds)

    def slow_next(self, method: str, pattern: str, seconds: float, *, times: int = 1) -> Fault:
        """Let the true replies of the next matching calls trickle in over so many seconds."""
        return self.fail_next(method, pattern, status=None, times=times, slow=seconds)

    def break_next(self, method: str, pattern: str, *, times: int = 1) -> Fault:
        """Break the connection in the middle of the true reply; what was asked for has happened."""
        return self.fail_next(method, pattern, status=None, times=times, half=True)

    def clear_faults(self) -> None:
        """Let everything work again."""
        self.rest.faults.clear()

    def revoke_token(self) -> None:
        """Reset the bot's token: every call gets 401, and the gateway closes with 4004."""
        self.world.reset_token()
        for connection in self.gateway.connections:
            connection.close(BAD_TOKEN)

    def drop_connections(self) -> None:
        """Break all gateway connections; the bot should resume."""
        self.gateway.shut_down()

    def freeze_connections(self) -> None:
        """Let the present connections fall silent without closing: no acks, no events; the bot should resume."""
        for connection in self.gateway.connections:
            connection.frozen = True

    def request_reconnect(self) -> None:
        """Ask the bot to reconnect and resume (op 7)."""
        for connection in self.gateway.connections:
            connection.send(op.RECONNECT)

    def invalidate_session(self, *, resumable: bool = False) -> None:
        """Tell the bot that its session ended (op 9)."""
        for connection in self.gateway.connections:
            connection.send(op.INVALID_SESSION, resumable)
            if not resumable and connection.session is not None:
                self.gateway.sessions.pop(connection.session.id, None)

    def duplicate_next(self, event: str = "INTERACTION_CREATE", *, times: int = 1) -> None:
        """Send the next events of this kind twice."""
        self.gateway.doubled[event] = self.gateway.doubled.get(event, 0) + times

    def replay_more(self, events: int) -> None:
        """Let resumes replay also this many events that the bot has seen already."""
        self.gateway.overlap = events
