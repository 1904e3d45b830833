import type { Database, Transaction } from "@flashdeal/runtime/database";
import { describeWithPostgres } from "@flashdeal/runtime/testing";
import { expect, it } from "vitest";
import { createInventory } from "../testing/harness.ts";

/** Notes of each transaction whether the COMMIT left behind its last statements. */
function watchCommits(database: Database, left: boolean[]): Database {
  return {
    ...database,
    transaction: (work, options) =>
      database.transaction(async (tx) => {
        let isOver: Promise<boolean> | undefined;
        const watched: Transaction = {
          isTransaction: true,
          query: (statement, values) => tx.query(statement, values),
          commit(underWay) {
            tx.commit(underWay);
            isOver = tx.query({ name: "", text: "SELECT 1" }, []).then(() => false, () => true);
          },
        };
        const result = await work(watched);
        if (isOver !== undefined) left.push(await isOver);
        return result;
      }, options),
  };
}

describeWithPostgres("a batch", ({ open }) => {
  it("sends COMMIT behind its last statements, for holds and for what becomes of them", async () => {
    const left: boolean[] = [];
    const inventory = await createInventory(watchCommits(open(5), left));
    const deal = await inventory.openDeal({ units: 5n, perUserLimit: 3n });
    const entry = inventory.entry([{ dealId: deal.dealId, quantity: 2n }]);
    expect((await inventory.strategy.reserve([entry]))[0]?.kind).toBe("held");
    expect(left).toEqual([true]);
    await inventory.reservations.resolve([{ reservationId: entry.reservationId, intent: "RELEASE", orderId: undefined }], "test");
    expect(left).toEqual([true, true]);
    await inventory.checkBooks();
  });
});
