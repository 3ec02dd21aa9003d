"""The validation levels (ESS handbook) and tiers of severity, as a reader is told them."""

from __future__ import annotations

from schemas.entries import Text

LEVELS: dict[int, Text] = {
    0: Text(zh="文件与表式", en="File and form: right form, right village, right month, every cell readable"),
    1: Text(zh="表内", en="Within one report: balances, sums, ranges"),
    2: Text(zh="跨月", en="Over time: last month's figures carry over"),
    3: Text(zh="跨单位", en="Against others: totals stated by towns and counties, counts of line departments"),
    4: Text(zh="跨领域", en="Across domains: births against health services, children and benefits"),
    5: Text(zh="对外部", en="Against the outside: censuses and published figures"),
}

TIERS: dict[str, Text] = {
    "mandatory": Text(zh="强制性", en="mandatory"),
    "near_mandatory": Text(zh="准强制性", en="near-mandatory"),
    "verify": Text(zh="核实性", en="verify"),
}
