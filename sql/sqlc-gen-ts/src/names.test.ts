import { expect, test } from "vitest";
import { camelCase, functionName, pascalCase, typeName } from "./names.ts";

test("names - snake case becomes camel case", () => {
  expect(camelCase("vendor_item_id")).toBe("vendorItemId");
  expect(camelCase("a")).toBe("a");
  expect(pascalCase("order_state")).toBe("OrderState");
});

test("names - characters that an identifier cannot hold separate words", () => {
  expect(camelCase("Weird name!")).toBe("weirdName");
  expect(camelCase("2nd")).toBe("_2nd");
  expect(camelCase("?column?")).toBe("column");
  expect(camelCase("??")).toBe("");
});

test("names - reserved words get an underscore where they would name a function or a type, not as properties", () => {
  expect(functionName("Delete")).toBe("delete_");
  expect(functionName("Await")).toBe("await_");
  expect(functionName("DeleteOrders")).toBe("deleteOrders");
  expect(typeName("date")).toBe("Date_");
  expect(camelCase("function")).toBe("function");
});
