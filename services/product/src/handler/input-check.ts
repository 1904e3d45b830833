import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { Money as MoneyMessage } from "@flashdeal/proto/google/type/money_pb";
import { ErrorReason, reasonError, type FieldViolation } from "@flashdeal/runtime/errors";
import { priceProblems, type Money } from "../domain/money.ts";

/** Collects what is wrong with a request beyond the contract's own rules, and refuses it with all of it at once. */
export interface InputCheck {
  add(field: string, description: string): void;
  /** Text that Postgres can hold. `required`: not blank. */
  text(field: string, value: string, options?: { readonly required?: boolean }): void;
  /** The price, or undefined where it is wrong. Field is that of the Money message. */
  price(field: string, value: MoneyMessage | undefined): Money | undefined;
  /** The moment, cut to the millisecond; undefined where it is absent or wrong. */
  time(field: string, value: Timestamp | undefined, options?: { readonly required?: boolean }): Date | undefined;
  /** Throws INVALID_INPUT where anything was added. */
  done(): void;
}

const priceFields: Readonly<Record<keyof Money, string>> = { currencyCode: "currency_code", units: "units", nanos: "nanos" };

/** An empty check. */
export function createInputCheck(): InputCheck {
  const violations: FieldViolation[] = [];
  const add = (field: string, description: string): void => void violations.push({ field, description });
  return {
    add,
    text(field, value, { required = false } = {}) {
      if (required && value.trim() === "") add(field, "is required");
      if (value.includes("\0")) add(field, "must not contain the character U+0000");
    },
    price(field, value) {
      if (value === undefined) {
        add(field, "is required");
        return undefined;
      }
      const { currencyCode, units, nanos } = value;
      const problems = priceProblems({ currencyCode, units, nanos });
      for (const [part, description] of problems) add(`${field}.${priceFields[part]}`, description);
      return problems.length > 0 ? undefined : { currencyCode, units, nanos };
    },
    time(field, value, { required = false } = {}) {
      if (value === undefined) {
        if (required) add(field, "is required");
        return undefined;
      }
      const moment = momentOf(value);
      if (moment === undefined) add(field, "must be a time from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z");
      return moment;
    },
    done() {
      const [first] = violations;
      if (first !== undefined) throw invalidInput(violations, `${first.field} ${first.description}.`);
    },
  };
}

/** The error for bad input. */
export function invalidInput(violations: readonly FieldViolation[], message: string): ReturnType<typeof reasonError> {
  return reasonError(ErrorReason.INVALID_INPUT, message, { violations });
}

/** Cut to the millisecond. Undefined: outside of 1970 to 9999, or not a timestamp at all. */
export function momentOf({ seconds, nanos }: Timestamp): Date | undefined {
  if (seconds < 0n || seconds > 253_402_300_799n || nanos < 0 || nanos > 999_999_999) return undefined;
  return new Date(Number(seconds) * 1_000 + Math.floor(nanos / 1_000_000));
}

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text is a UUID in the form in which Postgres answers it. */
export function isUuid(text: string): boolean {
  return uuidForm.test(text);
}
