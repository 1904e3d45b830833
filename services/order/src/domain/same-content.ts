import type { Money } from "./money.ts";
import type { Order, OrderLine } from "./order.ts";

/** Whether two orders are of the same lines and times, whoever's they are: in a rush most orders of a batch. */
export function haveSameContent(a: Order, b: Order): boolean {
  return (
    a.lines.length === b.lines.length &&
    isSameTime(a.expireTime, b.expireTime) &&
    isSameTime(a.createTime, b.createTime) &&
    isSameTime(a.updateTime, b.updateTime) &&
    isSameMoney(a.total, b.total) &&
    a.lines.every((line, index) => isSameLine(line, b.lines[index]))
  );
}

function isSameLine(a: OrderLine, b: OrderLine | undefined): boolean {
  return (
    b !== undefined &&
    a.dealId === b.dealId &&
    a.productId === b.productId &&
    a.vendorItemId === b.vendorItemId &&
    a.fulfillmentCenterId === b.fulfillmentCenterId &&
    a.title === b.title &&
    a.quantity === b.quantity &&
    isSameMoney(a.unitPrice, b.unitPrice)
  );
}

function isSameTime(a: Date, b: Date): boolean {
  return a === b || a.getTime() === b.getTime();
}

function isSameMoney(a: Money, b: Money): boolean {
  return a === b || (a.units === b.units && a.nanos === b.nanos && a.currencyCode === b.currencyCode);
}
