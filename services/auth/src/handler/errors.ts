import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import { maxDisplayNameLength } from "../domain/account-input.ts";
import type { LogInOutcome } from "../domain/log-in.ts";
import type { RefreshOutcome } from "../domain/sessions.ts";
import type { SignUpOutcome } from "../domain/sign-up.ts";

/** The error of a sign-up that created nothing. */
export function signUpError(outcome: Exclude<SignUpOutcome, { kind: "created" }>): Error {
  switch (outcome.kind) {
    case "email-taken":
      return reasonError(ErrorReason.EMAIL_TAKEN, "An account with this e-mail address exists.");
    case "request-id-reused":
      return reasonError(ErrorReason.REQUEST_ID_REUSED, "This request id came before with another request.");
    case "display-name-invalid": {
      const description = outcome.fault === "too-long" ? `must have at most ${maxDisplayNameLength} characters` : "must not contain control characters";
      return reasonError(ErrorReason.INVALID_INPUT, `display_name ${description}.`, { violations: [{ field: "display_name", description }] });
    }
    case "overloaded":
      return overloaded(outcome.retryAfterMs);
  }
}

/** The error of a log-in that failed. It says the same for an unknown address and a wrong password. */
export function logInError(outcome: Exclude<LogInOutcome, { kind: "logged-in" }>): Error {
  switch (outcome.kind) {
    case "credentials-invalid":
      return reasonError(ErrorReason.CREDENTIALS_INVALID, "No account has this e-mail address with this password.");
    case "throttled":
      return reasonError(ErrorReason.LOGIN_THROTTLED, "Too many failed log-ins. Wait before the next one.", { retryAfterMs: outcome.retryAfterMs });
    case "overloaded":
      return overloaded(outcome.retryAfterMs);
  }
}

/** The error of a refresh that was refused. */
export function refreshError(outcome: Exclude<RefreshOutcome, { kind: "refreshed" }>): Error {
  switch (outcome.kind) {
    case "invalid":
      return reasonError(ErrorReason.REFRESH_TOKEN_INVALID, "The refresh token is unknown, expired or revoked. Log in again.");
    case "reused":
      return reasonError(ErrorReason.REFRESH_TOKEN_REUSED, "The refresh token was used before, so that its session is over. Log in again.");
  }
}

/** The account that a good token names is gone. */
export function userNotFound(): Error {
  return reasonError(ErrorReason.USER_NOT_FOUND, "No user has this id.");
}

function overloaded(retryAfterMs: number): Error {
  return reasonError(ErrorReason.OVERLOADED, "Too many log-ins and sign-ups at once.", { retryAfterMs });
}

/** A token that is good for something else than speaking for a user. */
export function tokenInvalid(): Error {
  return reasonError(ErrorReason.TOKEN_INVALID, "This is no user's access token.");
}
