"""The city's rules pass the shipped suite."""

from wenzheng_core.testing.policies import policy_suite

TestNotice = policy_suite("notice")
