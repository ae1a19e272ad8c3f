"""Names of accounts at WeChat and QQ. They look like any word or number, so only a label makes them ones."""

from __future__ import annotations

from presidio_analyzer import Pattern, PatternRecognizer

from needful_presidio.recognizers.wording import BEHIND, NO_MEASURE, NUMBER, announced
from needful_presidio.traits import Traits, runs

__all__ = ["QqNumbers", "WeChatNames"]

_NAME = r"[A-Z][A-Z0-9_\-]{5,19}"
_PHONE = r"(?:\+?86[ \-]?)?1[3-9][0-9](?:[ \-]?[0-9]){8}|[1-9][0-9]{5,10}(?![0-9]|\s?元)"
# In running text a word may stand behind a weak label (`WeChat platform`): a digit or an underscore makes it a name.
_MARKED = rf"(?=[A-Z_\-]{{0,19}}[0-9_])(?:{_NAME})|{_PHONE}"
_STRONG = (
    r"(?:微信|威信|薇信)(?:号码|號碼|号|號|账号|賬號|帐号|帳號)"
    r"|(?<![A-Za-z0-9])(?:wechat|weixin|微信)[\s_\-]?(?:ids?|no|number|account|username|name)(?![A-Za-z])\.?"
)
_WEAK = rf"微信|威信|薇信|V信|加(?:[vw]x|[v微薇])(?!信)|(?<![A-Za-z0-9])(?:wechat|weixin|vx|wx)(?![A-Za-z]){NUMBER}?"
_SURE = r"(?:\s?[:=]\s?|[\s\"'“”「『【\[(<]{0,3})"


class WeChatNames(PatternRecognizer):
    """WeChat names behind a label, and those that WeChat itself gives out (`wxid_…`)."""

    def __init__(self, supported_language: str = "en") -> None:
        super().__init__(
            supported_entity="CN_WECHAT_ID",
            name="WeChatNames",
            supported_language=supported_language,
            patterns=[
                Pattern("given", rf"(?<![A-Za-z0-9])wxid_[a-z0-9]{{10,20}}{BEHIND}", 0.9),
                Pattern("announced", announced(_STRONG, rf"(?:{_MARKED}){BEHIND}"), 0.8),
                Pattern("name", rf"(?:{_STRONG})(?:\s?[:=是为為]\s?|{_SURE})\K{_NAME}(?![A-Za-z0-9_\-])", 0.75),
                Pattern("colon", rf"(?:{_WEAK})\s?[:=]\s?\K(?:{_NAME})(?![A-Za-z0-9_\-])", 0.7),
                Pattern("weak", announced(_WEAK, rf"(?:{_MARKED}){BEHIND}"), 0.7),
            ],
        )

    @staticmethod
    def condition(traits: Traits) -> object:
        """Say whether there is a label."""
        lower = traits.lower
        return any(label in lower for label in ("信", "加v", "加微", "加薇", "加w", "wechat", "weixin", "vx", "wx"))


class QqNumbers(PatternRecognizer):
    """QQ numbers of 5 to 11 digits behind a label."""

    def __init__(self, supported_language: str = "en") -> None:
        label = (
            r"(?<![A-Za-z0-9])QQ(?:群)?(?:号码|號碼|号|號|账号|賬號|帐号|帳號)?(?:\s?(?:id|no|number|account)(?![A-Za-z])\.?)?"
            rf"|扣扣{NUMBER}?|企[鹅鵝](?:号|號)"
        )
        super().__init__(
            supported_entity="CN_QQ_ID",
            name="QqNumbers",
            supported_language=supported_language,
            patterns=[Pattern("announced", announced(label, rf"[1-9][0-9]{{4,10}}{BEHIND}{NO_MEASURE}(?!@)"), 0.75)],
        )

    condition = runs(5)
    """Five digits."""
