package handler

import (
	"google.golang.org/grpc"

	stockv1 "flashdeal/gen/flashdeal/stock/v1"
	"flashdeal/internal/stockquery/domain"
)

// WatchStock sends the stock as it is, then each change. A slow reader blocks Send, and gets the newest state only when it returns.
// Without news for WatchRefresh the key is read again, in case a message was lost. The stream ends when the caller leaves, or with
// UNAVAILABLE when the server drains.
func (s *Service) WatchStock(request *stockv1.WatchStockRequest, stream grpc.ServerStreamingServer[stockv1.WatchStockResponse]) error {
	ctx := stream.Context()
	key := domain.Key{VendorItemID: request.GetVendorItemId(), FulfillmentCenterID: request.GetFulfillmentCenterId()}
	watcher := s.Hub.Open(key)
	if watcher == nil {
		return tooManyWatchers()
	}
	defer watcher.Close()
	first, err := s.Reader.Get(ctx, key)
	if err != nil {
		return storeError(err)
	}
	if first == nil {
		return stockNotFound(key)
	}
	watcher.Offer(first)
	for ctx.Err() == nil {
		if stock := watcher.Next(ctx, s.WatchRefresh); stock != nil {
			if err := stream.Send(&stockv1.WatchStockResponse{Stock: toMessage(stock)}); err != nil {
				return err
			}
			continue
		}
		if ctx.Err() != nil {
			break
		}
		current, err := s.Reader.Get(ctx, key)
		if err != nil {
			return storeError(err)
		}
		if current != nil {
			watcher.Offer(current)
		}
	}
	return ctx.Err()
}
