/** Words that cannot name a function or a type in a module of TypeScript. */
const RESERVED = new Set(
  (
    "abstract any arguments as asserts async await bigint boolean break case catch class const constructor continue debugger " +
    "declare default delete do else enum eval export extends false finally for from function get if implements import in infer " +
    "instanceof interface is keyof let module namespace never new null number object of package private protected public " +
    "readonly require return satisfies set static string super switch symbol this throw true try type typeof undefined unique " +
    "unknown var void while with yield"
  ).split(" "),
);

/** Names that generated modules use themselves, or that they would hide. */
const TAKEN = new Set(["Queryable", "Promise", "Date", "Uint8Array", "JSON"]);

/** `vendor_item_id` -> `VendorItemId`. Empty where the name holds no letter or digit. */
export function pascalCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return /^[0-9]/.test(joined) ? `_${joined}` : joined;
}

/** `vendor_item_id` -> `vendorItemId`. Any such name may be a property, reserved or not. */
export function camelCase(name: string): string {
  const pascal = pascalCase(name);
  return pascal.charAt(0).toLowerCase() + pascal.slice(1);
}

/** The function of a query: `InsertOrders` -> `insertOrders`; a reserved word gets an underscore: `Delete` -> `delete_`. */
export function functionName(queryName: string): string {
  return avoidReserved(camelCase(queryName));
}

/** The type of an enum: `order_state` -> `OrderState`; one that TypeScript needs itself gets an underscore: `Date_`. */
export function typeName(name: string): string {
  return avoidReserved(pascalCase(name));
}

function avoidReserved(name: string): string {
  return RESERVED.has(name) || TAKEN.has(name) ? `${name}_` : name;
}
