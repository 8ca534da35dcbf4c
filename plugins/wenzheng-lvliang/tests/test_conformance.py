"""The rules of both cities pass the shipped suite."""

from wenzheng_core.testing.policies import policy_suite

TestLvliang = policy_suite("lvliang")
TestXiaoyi = policy_suite("xiaoyi")
