// Package handler is the wire of stock-query: one rpc per file, this table of contents, and the events that it consumes.
package handler

import (
	"time"

	stockv1 "flashdeal/gen/flashdeal/stock/v1"
	"flashdeal/internal/stockquery/domain"
)

// Service implements StockQueryService: GetStock in get_stock.go, BatchGetStocks in batch_get_stocks.go, WatchStock in
// watch_stock.go. Requests that reach it keep the contract's buf.validate rules. It is safe for concurrent use.
type Service struct {
	stockv1.UnimplementedStockQueryServiceServer
	// Reader answers stocks.
	Reader domain.Reader
	// Hub hands changes to watchers.
	Hub *domain.WatchHub
	// WatchRefresh is the longest time that a watched key is not read again.
	WatchRefresh time.Duration
}
