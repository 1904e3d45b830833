import { reasonOf, retryAfterMsOf } from "@flashdeal/runtime/errors";
import { expect, it } from "vitest";
import { ReservationIdRaceError, retryPassing } from "./reserve-batch.ts";

const deadlock = Object.assign(new Error("deadlock detected"), { code: "40P01" });
const stale = Object.assign(new Error("stock rows have changed since they were read"), { code: "40001" });

it.each([["a stale read", stale], ["a deadlock", deadlock], ["a reservation id that is taken", new ReservationIdRaceError()]])("attempts - %s passes; who meets it again and again is told to try later", async (_what, error) => {
  let attempts = 0;
  const passes = retryPassing(async () => {
    if (++attempts < 3) throw error;
    return "done";
  });
  expect(await passes).toBe("done");
  const stays = await retryPassing(() => Promise.reject(error)).catch((thrown: unknown) => thrown);
  expect(reasonOf(stays)).toBe("SERVICE_UNAVAILABLE");
  expect(retryAfterMsOf(stays)).toBeGreaterThan(0);
});

it("attempts - other faults are thrown as they are, at once", async () => {
  let attempts = 0;
  const fault = new Error("connection lost");
  const work = retryPassing(() => {
    attempts++;
    return Promise.reject(fault);
  });
  await expect(work).rejects.toBe(fault);
  expect(attempts).toBe(1);
});
