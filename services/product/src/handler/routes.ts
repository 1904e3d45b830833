import { InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { serviceRoutes, type ServiceRoutes } from "@flashdeal/runtime/rpc";
import { adjustStock } from "./adjust-stock.ts";
import { batchCreateProducts } from "./batch-create-products.ts";
import { batchGetReservations } from "./batch-get-reservations.ts";
import { cancelDeal } from "./cancel-deal.ts";
import { commitStock } from "./commit-stock.ts";
import { createDeal } from "./create-deal.ts";
import { createProduct } from "./create-product.ts";
import { deleteProduct } from "./delete-product.ts";
import { getDeal } from "./get-deal.ts";
import { getProduct } from "./get-product.ts";
import { listDeals } from "./list-deals.ts";
import { listProducts } from "./list-products.ts";
import { listPurchaseMismatches } from "./list-purchase-mismatches.ts";
import { listReservations } from "./list-reservations.ts";
import { listStockBooks } from "./list-stock-books.ts";
import { listStockMovements } from "./list-stock-movements.ts";
import { receiveStock } from "./receive-stock.ts";
import { reconcilePurchase } from "./reconcile-purchase.ts";
import { reconcileStock } from "./reconcile-stock.ts";
import { releaseStock } from "./release-stock.ts";
import { republishStock } from "./republish-stock.ts";
import { reserveStock } from "./reserve-stock.ts";
import type { HandlerServices } from "./services.ts";
import { withStoreErrors } from "./store-errors.ts";
import { updateProduct } from "./update-product.ts";

/** Everything that the product service answers. */
export function createRoutes(services: HandlerServices): readonly ServiceRoutes[] {
  return [
    serviceRoutes(ProductService, withStoreErrors({
      createProduct: createProduct(services),
      batchCreateProducts: batchCreateProducts(services),
      getProduct: getProduct(services),
      listProducts: listProducts(services),
      updateProduct: updateProduct(services),
      deleteProduct: deleteProduct(services),
      createDeal: createDeal(services),
      cancelDeal: cancelDeal(services),
      getDeal: getDeal(services),
      listDeals: listDeals(services),
    })),
    serviceRoutes(InventoryService, withStoreErrors({
      receiveStock: receiveStock(services),
      adjustStock: adjustStock(services),
      listStockMovements: listStockMovements(services),
      reserveStock: reserveStock(services),
      commitStock: commitStock(services),
      releaseStock: releaseStock(services),
      batchGetReservations: batchGetReservations(services),
      listReservations: listReservations(services),
      listStockBooks: listStockBooks(services),
      reconcileStock: reconcileStock(services),
      republishStock: republishStock(services),
      listPurchaseMismatches: listPurchaseMismatches(services),
      reconcilePurchase: reconcilePurchase(services),
    })),
  ];
}
