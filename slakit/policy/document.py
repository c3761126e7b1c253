"""Policy: one version of one provider's SLA document, as data, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Mapping

from slakit.arguments import checked
from slakit.policy.amendments import amended
from slakit.policy.card import policy_card_html
from slakit.policy.model import PolicyModel
from slakit.policy.terms import Terms, terms_of


class Policy(PolicyModel):
    """One version of one provider's SLA document: everything it says, with the clause it says it in.

    Examples
    --------
    >>> from slakit.policy.files import find_policy
    >>> policy = find_policy("klink-cloud")
    >>> policy.terms(tier="enterprise").guarantee("platform").target
    Decimal('99.9')
    """

    @checked
    def terms(self, *, tier: str | None = None, reading: Mapping[str, str] | None = None) -> Terms:
        """Settle this policy for one tier, under one reading: what a calculator sees.

        Parameters
        ----------
        tier
            One of `tiers`; may be left out where there is only one plan.
        reading
            Question → answer. Questions that are not named get their default.

        Raises
        ------
        InputError
            The tier, a question or an answer is not of this policy.
        """
        return terms_of(self, tier, dict(reading or {}))

    @checked
    def amend(self, changes: Mapping[str, object], *, id: str | None = None) -> Policy:
        """Make this policy with other terms: what a contract would be, if that were agreed.

        Parameters
        ----------
        changes
            Path of a term → its value, as a policy file would write it. Entries of lists go by their `id` or `kind`.
            Open questions whose answers set such a term are settled by it, and gone.
        id
            Name of the new policy; the old one with `-if`, if not given.

        Raises
        ------
        InputError
            There is no such term, or the policy would not hold together; all problems at once.

        Examples
        --------
        >>> from slakit.policy.files import find_policy
        >>> asked = find_policy("wp-heaven").amend({"guarantees.website.target": 99.9})
        >>> asked.id, asked.terms().guarantee("website").target
        ('wp-heaven-if', Decimal('99.9'))
        """
        return amended(self, changes, id or f"{self.id}-if")

    def _repr_html_(self) -> str:
        return policy_card_html(self)
