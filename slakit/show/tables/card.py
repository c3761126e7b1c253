"""Tables of one contract: all its terms, and its open questions."""

from __future__ import annotations

from great_tables import GT

from slakit.analysis.assumptions import answer_words
from slakit.policy.card import policy_card
from slakit.policy.document import Policy
from slakit.show.tables.memo import Memo, memo_table


def show_card(policy: Policy, tier: str | None = None) -> GT:
    """Show a policy as a card: every term it has, in words, with its clause.

    Parameters
    ----------
    policy
        From `find_policy`.
    tier
        One of its tiers; each, if not named.
    """
    rows = [
        {"Part": entry.section, "Term": entry.term, "Says": entry.value, "Clause": entry.clause}
        for entry in policy_card(policy, tier)
    ]
    widths = {"Term": "26%", "Says": "54%", "Clause": "20%"}
    memo = Memo(f"{policy.provider} · {policy.service}", tier or "", groups="Part", widths=widths)
    return memo_table(rows, memo, "Nothing is guaranteed.")


def show_questions(policy: Policy) -> GT:
    """Show where the contract contradicts itself or is silent: the possible answers, and what speaks for each."""
    rows = [
        {
            "Question": f"{question.question} ({'; '.join(question.clauses)})",
            "Answer": answer_words(name) + ", assumed here" * (name == question.default),
            "Speaks for it": answer.because or "",
        }
        for question in policy.readings
        for name, answer in question.answers.items()
    ]
    memo = Memo("Open questions", "", groups="Question", widths={"Answer": "30%"})
    return memo_table(rows, memo, "The contract leaves nothing open.")
