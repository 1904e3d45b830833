// The buy path as a shop's front end walks it: log in, look at the deals, order, pay, look at the order, look at the stock.
// `npm run bench:k6` runs it; by hand: k6 run -e BASE_URL=http://127.0.0.1:8080 -e VUS=50 -e DURATION=30s bench/k6/order-scenario.js
import { check, fail } from "k6";
import exec from "k6/execution";
import http from "k6/http";
import { Counter, Trend } from "k6/metrics";

const baseUrl = __ENV.BASE_URL || "http://127.0.0.1:8080";
const vus = Number(__ENV.VUS || 20);
const units = __ENV.UNITS || "1000000";
/** A buyer logs in at each so many visits: hashing a password costs more than everything else together. */
const logInEvery = Number(__ENV.LOG_IN_EVERY || 10);
const admin = { email: __ENV.ADMIN_EMAIL || "admin@flashdeal.example", password: __ENV.ADMIN_PASSWORD || "flash-deal-demo" };
const password = "correct-horse-battery";

const visit = new Trend("visit_duration", true);
const sold = new Counter("orders_paid");
const soldOut = new Counter("orders_sold_out");

const limit = (name, fallback) => [`p(95)<${__ENV[name] || fallback}`];

export const options = {
  scenarios: { buyers: { executor: "constant-vus", vus, duration: __ENV.DURATION || "15s" } },
  setupTimeout: "120s",
  thresholds: {
    checks: ["rate>0.999"],
    http_req_failed: ["rate<0.001"],
    "http_req_duration{name:list deals}": limit("P95_READ_MS", 200),
    "http_req_duration{name:get order}": limit("P95_READ_MS", 200),
    "http_req_duration{name:get stock}": limit("P95_READ_MS", 200),
    "http_req_duration{name:create order}": limit("P95_WRITE_MS", 500),
    "http_req_duration{name:pay order}": limit("P95_WRITE_MS", 500),
  },
  summaryTrendStats: ["count", "avg", "p(50)", "p(95)", "p(99)", "max"],
};

// Sold out is an answer, not a failure.
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 299 }, 409));

/** Prepares a deal and an account for each virtual buyer. */
export function setup() {
  const token = logIn(admin.email, admin.password);
  const vendorItemId = `K6-${crypto.randomUUID()}`;
  const fulfillmentCenterId = "ICN1";
  const product = write("create product", "/v1/products", { vendorItemId, name: "Limited sneaker", price: { currencyCode: "USD", units: "180" } }, token);
  write("receive stock", `/v1/stocks/${vendorItemId}/${fulfillmentCenterId}:receive`, { quantity: units, reason: "for the scenario" }, token);
  const deal = write("create deal", "/v1/deals", dealOf(product.productId, fulfillmentCenterId), token);
  const run = crypto.randomUUID().slice(0, 8);
  const buyers = Array.from({ length: vus }, (_, index) => `k6-${run}-${index}@flashdeal.example`);
  for (const email of buyers) write("sign up", "/v1/auth/signup", { email, password });
  return { buyers, dealId: deal.dealId, stockPath: `/v1/stocks/${vendorItemId}/${fulfillmentCenterId}` };
}

/** One visit of one buyer. */
export default function ({ buyers, dealId, stockPath }) {
  const began = Date.now();
  const token = tokenOf(buyers[(exec.vu.idInTest - 1) % buyers.length]);
  const deals = read("list deals", "/v1/deals?state=DEAL_STATE_ACTIVE&pageSize=20", token);
  check(deals, { "list deals: 200": ({ status }) => status === 200 });

  const created = send("create order", "/v1/orders", { lines: [{ dealId, quantity: 1 }] }, token);
  if (created.status === 409 && created.json("reason") === "SOLD_OUT") {
    soldOut.add(1);
    return;
  }
  if (!check(created, { "create order: 2xx": ({ status }) => status >= 200 && status < 300 })) return;
  const orderId = created.json("orderId");

  const paid = send("pay order", `/v1/orders/${orderId}:pay`, { paymentToken: "sandbox-ok" }, token);
  check(paid, { "pay order: paid": ({ status }) => status === 200 && paid.json("state") === "ORDER_STATE_PAID" });

  const order = read("get order", `/v1/orders/${orderId}`, token);
  check(order, { "get order: paid": ({ status }) => status === 200 && order.json("state") === "ORDER_STATE_PAID" });

  const stock = read("get stock", stockPath, token);
  check(stock, { "get stock: 200": ({ status }) => status === 200 && Number(stock.json("available")) >= 0 });
  sold.add(1);
  visit.add(Date.now() - began);
}

let token = "";

function tokenOf(email) {
  if (token === "" || exec.vu.iterationInScenario % logInEvery === 0) token = logIn(email, password);
  return token;
}

function logIn(email, secret) {
  return write("log in", "/v1/auth/login", { email, password: secret }).accessToken;
}

function dealOf(productId, fulfillmentCenterId) {
  const endTime = new Date(Date.now() + 3_600_000).toISOString();
  return { productId, fulfillmentCenterId, title: "Flash deal", dealPrice: { currencyCode: "USD", units: "90" }, endTime };
}

function headersOf(bearer) {
  return { "content-type": "application/json", ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) };
}

function read(name, path, bearer) {
  return http.get(`${baseUrl}${path}`, { headers: headersOf(bearer), tags: { name } });
}

function send(name, path, body, bearer) {
  const headers = { ...headersOf(bearer), "idempotency-key": crypto.randomUUID() };
  return http.post(`${baseUrl}${path}`, JSON.stringify(body), { headers, tags: { name } });
}

/** A write without which the scenario makes no sense. */
function write(name, path, body, bearer) {
  const answer = send(name, path, body, bearer);
  if (answer.status < 200 || answer.status > 299) fail(`${name}: ${answer.status} ${answer.body}`);
  return answer.json();
}
