import { expect, test } from "vitest";
import { readSandboxToken } from "./sandbox-token.ts";

test.each([
  ["sandbox-ok", { captured: true, declineCode: "", delayMs: 7, loseAnswer: false }],
  ["sandbox-refuse", { captured: false, declineCode: "card_declined", delayMs: 7, loseAnswer: false }],
  ["sandbox-timeout", { captured: true, declineCode: "", delayMs: 7, loseAnswer: true }],
  ["sandbox-delay-250", { captured: true, declineCode: "", delayMs: 250, loseAnswer: false }],
  ["sandbox-delay-3600001", { captured: false, declineCode: "invalid_token", delayMs: 7, loseAnswer: false }],
  ["sandbox-delay--1", { captured: false, declineCode: "invalid_token", delayMs: 7, loseAnswer: false }],
  ["tok_visa", { captured: false, declineCode: "invalid_token", delayMs: 7, loseAnswer: false }],
])("sandbox token - %s", (token, plan) => {
  expect(readSandboxToken(token, 7)).toEqual(plan);
});
