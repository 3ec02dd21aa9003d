"""What was once proven of a set of rules and also holds of fewer, or of more: so that a rule book of many periods is examined once.

Every question is of one kind: can something still happen while these rules hold? What can happen under some rules can happen under fewer
of them; what cannot happen under some cannot under more.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable


class Proofs:
    """Answers by question, each with the sets of rules (by id) for which it was found."""

    def __init__(self) -> None:
        self._can: dict[Hashable, list[frozenset[str]]] = {}
        self._cannot: dict[Hashable, list[frozenset[str]]] = {}

    def can(self, question: Hashable, rules: Iterable[str], ask: Callable[[], bool]) -> bool:
        """Whether it can happen while `rules` hold: from what is known, or else by asking."""
        ids = frozenset(rules)
        if any(ids <= known for known in self._can.get(question, ())):
            return True
        if self.why_not(question, ids) is not None:
            return False
        answer = ask()
        (self._can if answer else self._cannot).setdefault(question, []).append(ids)
        return answer

    def cannot(self, question: Hashable, rules: Iterable[str]) -> None:
        """Record that it cannot happen while these rules hold: the fewer, the more this tells."""
        self._cannot.setdefault(question, []).append(frozenset(rules))

    def why_not(self, question: Hashable, rules: Iterable[str]) -> frozenset[str] | None:
        """The fewest of `rules` for which it is known that it cannot happen; None where that is not known."""
        ids = frozenset(rules)
        return min((known for known in self._cannot.get(question, ()) if known <= ids), key=len, default=None)
