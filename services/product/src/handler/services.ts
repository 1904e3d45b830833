import type { Logger } from "@flashdeal/runtime/telemetry";
import type { CatalogueReader, Clock, ReservationStore, ReservationStrategy, StockReader, Writer } from "../domain/ports.ts";

/** What handlers are made of. */
export interface HandlerServices {
  readonly clock: Clock;
  readonly log: Logger;
  readonly catalogue: CatalogueReader;
  readonly stock: StockReader;
  readonly reservations: ReservationStore;
  readonly strategy: ReservationStrategy;
  readonly writer: Writer;
}
