"""presidio-anonymizer's operators, one value at a time.

Presidio's AnonymizerEngine is not used: it settles overlaps before its operators run, so that a kept span carries a
forbidden one inside it, and it changes the operators that it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from needful.errors import DetectionError
from needful.values import Scalar

if TYPE_CHECKING:
    from presidio_anonymizer.operators import Operator

__all__ = ["PresidioOperators"]

# `keep` is an action of the policy, with a reason; `custom` is a Python function, which a policy cannot hold.
_REFUSED = frozenset({"keep", "custom"})


class PresidioOperators:
    """Replacements by operator name: a `needful.ports.Operators`.

    Presidio's own (mask, replace, redact, hash, encrypt) and the classes given here, by their `operator_name()`.
    """

    def __init__(self, operators: Sequence[type[Operator]] = ()) -> None:
        from presidio_anonymizer.operators import OperatorsFactory

        self._factory = OperatorsFactory()  # type: ignore[no-untyped-call]
        for operator in operators:
            self._factory.add_anonymize_operator(operator)
        self._names = frozenset(self._factory.get_anonymizers()) - _REFUSED

    @property
    def names(self) -> frozenset[str]:
        """The operators that there are."""
        return self._names

    def apply(self, name: str, value: str, entity: str, parameters: Mapping[str, Scalar]) -> str:
        """Return what replaces `value`.

        Raises `DetectionError` (codes unknown-operator, operator-failed) if there is no such operator, or it refuses
        its parameters, fails or answers no string.
        """
        if name not in self._names:
            raise DetectionError(
                "there is no such operator", code="unknown-operator", hint="mask, replace, redact, hash, encrypt"
            )
        replacement = self._attempt(name, value, entity, parameters)
        if replacement is None:
            value = ""
            raise DetectionError("an operator failed, or refused its parameters", code="operator-failed")
        return replacement

    def _attempt(self, name: str, value: str, entity: str, parameters: Mapping[str, Scalar]) -> str | None:
        from presidio_anonymizer.operators import OperatorType

        # A copy: operators may change what they are given.
        given = {**parameters, "entity_type": entity}
        try:
            operator = self._factory.create_operator_class(name, OperatorType.Anonymize)
            operator.validate(params=given)
            replacement: object = operator.operate(text=value, params=given)
        except Exception:  # noqa: BLE001  # an operator may raise anything, and its text may quote the value
            return None
        return replacement if isinstance(replacement, str) else None
